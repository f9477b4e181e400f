package io.tinyfleet.registry.cli;

import io.tinyfleet.registry.inspect.AffineQuantization;
import io.tinyfleet.registry.inspect.Inspection;
import io.tinyfleet.registry.inspect.ModelInspector;
import io.tinyfleet.registry.inspect.ModelRefused;
import io.tinyfleet.registry.inspect.TensorShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "inspect",
        description = "Look into a model file on this machine: inputs, outputs, operators, quantization, memory.")
final class InspectCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "An .onnx, .tflite or .gguf file.")
    private Path file;

    @Mixin
    private Answer answer;

    /** One input or output as {@code --json} tells it. */
    record Tensor(
            String name,
            String type,
            List<Long> shape,
            @Nullable Quantization quantization) {
        static Tensor of(TensorShape tensor) {
            return new Tensor(
                    tensor.name(),
                    tensor.type().name(),
                    tensor.shape(),
                    tensor.quantization().map(Quantization::of).orElse(null));
        }
    }

    /** The first channel's numbers, and how many channels there are. */
    record Quantization(
            float scale,
            long zeroPoint,
            int channels,
            @Nullable Integer axis) {
        static Quantization of(AffineQuantization found) {
            return new Quantization(
                    found.scale(0), found.zeroPoint(0), found.channels(), found.perChannel() ? found.axis() : null);
        }
    }

    /** What {@code --json} tells. */
    record Report(
            String file,
            long size,
            String format,
            int formatVersion,
            @Nullable Integer opset,
            List<Tensor> inputs,
            List<Tensor> outputs,
            SortedMap<String, Integer> operators,
            @Nullable String producer,
            long parameterBytes,
            SortedMap<String, Long> parameterBytesByType,
            int quantizedTensors,
            long estimatedPeakRamBytes,
            SortedMap<String, String> metadata) {}

    @Override
    public Integer call() throws IOException {
        Inspection found = inspect(file);
        Report report = report(file, found);
        answer.say(report, lines(report));
        return Tinyfleet.DONE;
    }

    static Inspection inspect(Path file) throws IOException {
        try {
            return ModelInspector.inspect(file);
        } catch (ModelRefused e) {
            throw new Refused(file + ": " + e.sentence() + " (" + e.code() + ")", e);
        } catch (NoSuchFileException e) {
            throw new Refused("there is no file " + file, e);
        }
    }

    private static Report report(Path file, Inspection found) throws IOException {
        return new Report(
                file.toString(),
                Files.size(file),
                found.format().name(),
                found.formatVersion(),
                found.opset() == 0 ? null : found.opset(),
                found.inputs().stream().map(Tensor::of).toList(),
                found.outputs().stream().map(Tensor::of).toList(),
                found.operators(),
                found.producer().isEmpty() ? null : found.producer(),
                found.parameterBytes(),
                found.weights().bytesByType(),
                found.weights().quantized().size(),
                found.estimatedPeakRamBytes(),
                found.metadata());
    }

    private static List<String> lines(Report report) {
        List<String> lines = new ArrayList<>();
        lines.add(report.format() + " version " + report.formatVersion()
                + Optional.ofNullable(report.opset())
                        .map(opset -> ", operator set " + opset)
                        .orElse("") + ", " + megabytes(report.size())
                + Optional.ofNullable(report.producer()).map(by -> ", by " + by).orElse(""));
        report.inputs().forEach(input -> lines.add("input   " + describe(input)));
        report.outputs().forEach(output -> lines.add("output  " + describe(output)));
        lines.add("weights " + megabytes(report.parameterBytes()) + ": "
                + report.parameterBytesByType().entrySet().stream()
                        .map(type -> type.getKey() + " " + megabytes(type.getValue()))
                        .collect(Collectors.joining(", "))
                + (report.quantizedTensors() == 0 ? "" : "; " + report.quantizedTensors() + " quantized tensors"));
        lines.add(
                "memory  about " + megabytes(report.estimatedPeakRamBytes()) + " besides the runtime's own (estimate)");
        if (!report.operators().isEmpty()) {
            lines.add("runs    "
                    + report.operators().entrySet().stream()
                            .map(operator -> operator.getKey() + " x" + operator.getValue())
                            .collect(Collectors.joining(", ")));
        }
        report.metadata().forEach((key, value) -> lines.add("says    " + key + " = " + value));
        return lines;
    }

    private static String describe(Tensor tensor) {
        String shape = tensor.shape().stream()
                .map(d -> d < 0 ? "?" : d.toString())
                .collect(Collectors.joining(", ", "[", "]"));
        Quantization quantization = tensor.quantization();
        return tensor.name() + " " + tensor.type() + shape
                + (quantization == null
                        ? ""
                        : " scale " + quantization.scale() + " zero point " + quantization.zeroPoint());
    }

    static String megabytes(long bytes) {
        return bytes < 1000 ? bytes + " bytes" : String.format(Locale.ROOT, "%.3g MB", bytes / 1e6);
    }
}
