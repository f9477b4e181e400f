package io.tinyfleet.agent.runtime;

import io.tinyfleet.protocol.pipeline.PipelineTensors;
import io.tinyfleet.protocol.v1.AudioFrames;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.Feedback;
import io.tinyfleet.protocol.v1.Pipeline;
import io.tinyfleet.protocol.v1.ScalarInput;
import io.tinyfleet.protocol.v1.TensorSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Whether a declared pipeline feeds exactly the inputs that a model has, and reads outputs that it has. */
final class PipelineFit {

    private PipelineFit() {}

    /** Why not, if not. A variant without a pipeline fits: then an application feeds it. */
    static Optional<String> findMisfit(Pipeline pipeline, List<TensorSpec> inputs, List<TensorSpec> outputs) {
        return switch (pipeline.getKindCase()) {
            case AUDIO_FRAMES -> findMisfit(pipeline.getAudioFrames(), inputs, outputs);
            case IMAGE, MEL, ROWS -> findResultMisfit(pipeline, inputs, outputs);
            case KIND_NOT_SET -> Optional.empty();
        };
    }

    private static Optional<String> findResultMisfit(
            Pipeline pipeline, List<TensorSpec> inputs, List<TensorSpec> outputs) {
        Map<String, TensorSpec> fed = new HashMap<>();
        PipelineTensors.feeds(pipeline).forEach(spec -> fed.put(spec.getName(), spec));
        Map<String, TensorSpec> names = new HashMap<>();
        outputs.forEach(spec -> names.put(spec.getName(), spec));
        for (TensorSpec read : PipelineTensors.reads(pipeline)) {
            TensorSpec output = names.get(read.getName());
            if (output == null) {
                return Optional.of("the pipeline reads the output '" + read.getName() + "', the model has "
                        + new TreeSet<>(names.keySet()));
            }
            boolean integer = output.getType() == ElementType.INT8 || output.getType() == ElementType.UINT8;
            boolean quantized = read.getType() == ElementType.ELEMENT_TYPE_UNSPECIFIED;
            if (quantized ? !integer : output.getType() != ElementType.FLOAT32) {
                return Optional.of(
                        "the pipeline reads the output '" + read.getName() + "' " + (quantized ? "with" : "without")
                                + " a quantization, the model has it as " + output.getType());
            }
        }
        return compare("feeds the input", fed, inputs, true);
    }

    private static Optional<String> findMisfit(AudioFrames frames, List<TensorSpec> inputs, List<TensorSpec> outputs) {
        Map<String, TensorSpec> fed = new HashMap<>();
        Map<String, TensorSpec> read = new HashMap<>();
        long samples = (long) frames.getContextSamples() + frames.getFrameSamples();
        fed.put(frames.getInput(), spec(ElementType.FLOAT32, List.of(1L, samples)));
        for (Feedback feedback : frames.getFeedbackList()) {
            TensorSpec state = spec(ElementType.FLOAT32, feedback.getShapeList());
            fed.put(feedback.getInput(), state);
            read.put(feedback.getOutput(), state);
        }
        for (ScalarInput constant : frames.getConstantsList()) {
            fed.put(constant.getInput(), spec(ElementType.INT64, List.of()));
        }
        read.putIfAbsent(frames.getScoreOutput(), TensorSpec.getDefaultInstance());
        return compare("feeds the input", fed, inputs, true)
                .or(() -> compare("reads the output", read, outputs, false));
    }

    private static Optional<String> compare(
            String verb, Map<String, TensorSpec> declared, List<TensorSpec> actual, boolean all) {
        Map<String, TensorSpec> byName = new HashMap<>();
        actual.forEach(spec -> byName.put(spec.getName(), spec));
        for (Map.Entry<String, TensorSpec> entry : declared.entrySet()) {
            TensorSpec spec = byName.get(entry.getKey());
            if (spec == null) {
                return Optional.of("the pipeline " + verb + " '" + entry.getKey() + "', the model has "
                        + new TreeSet<>(byName.keySet()));
            }
            if (!fits(entry.getValue(), spec)) {
                return Optional.of("the pipeline " + verb + " '" + entry.getKey() + "' as "
                        + entry.getValue().getType()
                        + entry.getValue().getShapeList() + ", the model has it as " + spec.getType()
                        + spec.getShapeList());
            }
        }
        if (!all) {
            return Optional.empty();
        }
        Set<String> left = new TreeSet<>(byName.keySet());
        left.removeAll(declared.keySet());
        return left.isEmpty() ? Optional.empty() : Optional.of("the pipeline does not feed the model's inputs " + left);
    }

    private static boolean fits(TensorSpec declared, TensorSpec actual) {
        if (declared.getType() == ElementType.ELEMENT_TYPE_UNSPECIFIED) {
            return actual.getType() == ElementType.FLOAT32;
        }
        if (declared.getType() != actual.getType()) {
            return false;
        }
        // A scalar may also be declared as a vector of one.
        if (declared.getShapeCount() == 0) {
            return actual.getShapeList().stream().allMatch(dimension -> dimension == 1 || dimension < 0);
        }
        if (declared.getShapeCount() != actual.getShapeCount()) {
            return false;
        }
        for (int i = 0; i < declared.getShapeCount(); i++) {
            if (actual.getShape(i) >= 0 && actual.getShape(i) != declared.getShape(i)) {
                return false;
            }
        }
        return true;
    }

    private static TensorSpec spec(ElementType type, List<Long> shape) {
        return TensorSpec.newBuilder().setType(type).addAllShape(shape).build();
    }
}
