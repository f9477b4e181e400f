package io.tinyfleet.server.model;

import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.registry.inspect.Inspection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What the inspection of a model file found; kept with the artifact and shown as it is. */
public record InspectionView(
        ModelFormat format,
        List<TensorView> inputs,
        List<TensorView> outputs,
        SortedMap<String, Integer> operators,
        int opset,
        String producer,
        long parameterBytes) {
    public InspectionView {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        operators = Collections.unmodifiableSortedMap(new TreeMap<>(operators));
    }

    static InspectionView of(Inspection found) {
        return new InspectionView(
                found.format(),
                found.inputs().stream().map(TensorView::of).toList(),
                found.outputs().stream().map(TensorView::of).toList(),
                found.operators(),
                found.opset(),
                found.producer(),
                found.parameterBytes());
    }

    Optional<TensorView> findInput(String name) {
        return inputs.stream().filter(t -> t.name().equals(name)).findFirst();
    }

    Optional<TensorView> findOutput(String name) {
        return outputs.stream().filter(t -> t.name().equals(name)).findFirst();
    }
}
