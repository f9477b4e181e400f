package io.tinyfleet.server.model;

import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.registry.inspect.Inspection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the inspection of a model file found; kept with the artifact and shown as it is.
 *
 * @param formatVersion ONNX: version of the intermediate representation; TFLite: of the schema; GGUF: of the container
 * @param parameterBytesByType stored bytes by element type, such as {@code float32} or {@code q4_0}
 * @param quantizedTensors integer tensors for which the file states scales; only TFLite does
 * @param estimatedPeakRamBytes besides the runtime's own memory, until something was measured
 * @param metadata facts of the format in words, such as {@code general.architecture}
 */
public record InspectionView(
        ModelFormat format,
        int formatVersion,
        List<TensorView> inputs,
        List<TensorView> outputs,
        SortedMap<String, Integer> operators,
        int opset,
        String producer,
        long parameterBytes,
        SortedMap<String, Long> parameterBytesByType,
        int quantizedTensors,
        long estimatedPeakRamBytes,
        SortedMap<String, String> metadata) {
    public InspectionView {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        operators = Collections.unmodifiableSortedMap(new TreeMap<>(operators));
        parameterBytesByType = Collections.unmodifiableSortedMap(new TreeMap<>(parameterBytesByType));
        metadata = Collections.unmodifiableSortedMap(new TreeMap<>(metadata));
    }

    static InspectionView of(Inspection found) {
        return new InspectionView(
                found.format(),
                found.formatVersion(),
                found.inputs().stream().map(TensorView::of).toList(),
                found.outputs().stream().map(TensorView::of).toList(),
                found.operators(),
                found.opset(),
                found.producer(),
                found.parameterBytes(),
                found.weights().bytesByType(),
                found.weights().quantized().size(),
                found.estimatedPeakRamBytes(),
                found.metadata());
    }

    Optional<TensorView> findInput(String name) {
        return inputs.stream().filter(t -> t.name().equals(name)).findFirst();
    }

    Optional<TensorView> findOutput(String name) {
        return outputs.stream().filter(t -> t.name().equals(name)).findFirst();
    }
}
