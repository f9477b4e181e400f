package io.tinyfleet.server.model;

import io.tinyfleet.protocol.pipeline.PipelineRules;
import io.tinyfleet.protocol.pipeline.PipelineTensors;
import io.tinyfleet.protocol.v1.AudioFrames;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.Feedback;
import io.tinyfleet.protocol.v1.Pipeline;
import io.tinyfleet.protocol.v1.ScalarInput;
import io.tinyfleet.protocol.v1.TensorSpec;
import io.tinyfleet.server.model.ReleaseRequest.AudioFramesRequest;
import io.tinyfleet.server.model.ReleaseRequest.ConstantRequest;
import io.tinyfleet.server.model.ReleaseRequest.FeedbackRequest;
import io.tinyfleet.server.model.ReleaseRequest.PipelineRequest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Holds a declared pipeline against what the inspection found in the model: every tensor it names must exist with
 * a fitting type and shape, and every input of the model must be fed exactly once. Devices then need not guess.
 */
final class PipelineCheck {
    static final int MAX_TENSORS = 32;
    private static final int MAX_SAMPLE_RATE = 384_000;
    private static final int MAX_SAMPLES = 1 << 20;
    private static final long MAX_FEEDBACK_ELEMENTS = 1 << 24;

    private final String path;
    private final Optional<InspectionView> model;
    private final Violations violations;
    private final Set<String> fed = new HashSet<>();

    private PipelineCheck(String path, Optional<InspectionView> model, Violations violations) {
        this.path = path;
        this.model = model;
        this.violations = violations;
    }

    /**
     * Without an inspection (the artifact itself was refused) only the request's own rules are checked.
     *
     * @param path of the pipeline in the request
     */
    static Pipeline check(String path, PipelineRequest request, Optional<InspectionView> model, Violations violations) {
        long inputs = Stream.of(request.audioFrames(), request.image(), request.mel(), request.rows())
                .filter(Objects::nonNull)
                .count();
        long results = Stream.of(request.classes(), request.boxes(), request.score())
                .filter(Objects::nonNull)
                .count();
        if (inputs != 1 || results > 1) {
            violations.add(
                    path,
                    "must have one input (audioFrames, image, mel or rows) and, but for audioFrames, one result"
                            + " (classes, boxes or score)",
                    null);
            return Pipeline.getDefaultInstance();
        }
        Pipeline declared = PipelineWords.toPipeline(request);
        if (request.audioFrames() != null && results == 0) {
            return Pipeline.newBuilder()
                    .setAudioFrames(check(path + ".audioFrames", request.audioFrames(), model, violations))
                    .build();
        }
        List<PipelineRules.Problem> problems = PipelineRules.check(declared);
        for (PipelineRules.Problem problem : problems) {
            String field = problem.field().equals("pipeline") ? path : path + "." + problem.field();
            violations.add(field, problem.rule(), problem.value());
        }
        if (problems.isEmpty()) {
            new PipelineCheck(path, model, violations).checkTensors(declared);
        }
        return declared;
    }

    private void checkTensors(Pipeline declared) {
        String input = path + "." + declared.getKindCase().name().toLowerCase(Locale.ROOT) + ".input";
        for (TensorSpec fed : PipelineTensors.feeds(declared)) {
            feed(input, fed.getName(), fed.getType(), List.of(fed.getShapeList()));
        }
        String result = path + "." + declared.getResultCase().name().toLowerCase(Locale.ROOT);
        for (TensorSpec read : PipelineTensors.reads(declared)) {
            if (read.getType() == ElementType.FLOAT32) {
                output(result, read.getName(), ElementType.FLOAT32);
            } else {
                integerOutput(result, read.getName());
            }
        }
        model.ifPresent(this::checkAllFed);
    }

    private void integerOutput(String at, String name) {
        Optional<TensorView> output = model.flatMap(found -> found.findOutput(name));
        if (model.isPresent()
                && output.filter(found -> found.type() == ElementType.INT8 || found.type() == ElementType.UINT8)
                        .isEmpty()) {
            violations.add(at, "must be an INT8 or UINT8 output of the model, as it has a quantization", name);
        }
    }

    /** Without an inspection (the artifact itself was refused) only the request's own rules are checked. */
    static AudioFrames check(
            String path, AudioFramesRequest request, Optional<InspectionView> model, Violations violations) {
        return new PipelineCheck(path, model, violations).check(request);
    }

    private AudioFrames check(AudioFramesRequest request) {
        int frame = violations.integer(path + ".frameSamples", request.frameSamples(), 1, MAX_SAMPLES);
        Integer contextOrNone = request.contextSamples() == null ? Integer.valueOf(0) : request.contextSamples();
        int context = violations.integer(path + ".contextSamples", contextOrNone, 0, MAX_SAMPLES);
        AudioFrames.Builder frames = AudioFrames.newBuilder()
                .setSampleRateHz(violations.integer(path + ".sampleRateHz", request.sampleRateHz(), 1, MAX_SAMPLE_RATE))
                .setFrameSamples(frame)
                .setContextSamples(context)
                .setScoreThreshold(violations.number(path + ".scoreThreshold", request.scoreThreshold(), 0, 1));
        violations.required(path + ".input", request.input()).ifPresent(name -> {
            feed(path + ".input", name, ElementType.FLOAT32, List.of(List.of(1L, (long) context + frame)));
            frames.setInput(name);
        });
        bounded(path + ".feedback", request.feedback(), (at, entry) -> feedback(at, entry, frames));
        bounded(path + ".constants", request.constants(), (at, entry) -> constant(at, entry, frames));
        violations.required(path + ".scoreOutput", request.scoreOutput()).ifPresent(name -> {
            output(path + ".scoreOutput", name, ElementType.FLOAT32);
            frames.setScoreOutput(name);
        });
        model.ifPresent(this::checkAllFed);
        return frames.build();
    }

    private interface EntryCheck<T> {
        void check(String at, T entry);
    }

    private <T> void bounded(String at, @Nullable List<T> entries, EntryCheck<T> check) {
        if (entries == null) {
            return;
        }
        if (entries.size() > MAX_TENSORS) {
            violations.add(at, "must hold at most " + MAX_TENSORS, entries.size());
            return;
        }
        for (int i = 0; i < entries.size(); i++) {
            T entry = entries.get(i);
            if (entry == null) {
                violations.add(at + "[" + i + "]", Violations.REQUIRED, null);
            } else {
                check.check(at + "[" + i + "]", entry);
            }
        }
    }

    private void feedback(String at, FeedbackRequest entry, AudioFrames.Builder frames) {
        List<Long> shape = feedbackShape(at + ".shape", entry.shape());
        Feedback.Builder feedback = Feedback.newBuilder().addAllShape(shape);
        violations.required(at + ".input", entry.input()).ifPresent(name -> {
            feed(at + ".input", name, ElementType.FLOAT32, List.of(shape));
            feedback.setInput(name);
        });
        violations.required(at + ".output", entry.output()).ifPresent(name -> {
            output(at + ".output", name, ElementType.FLOAT32)
                    .filter(tensor -> !tensor.takes(shape))
                    .ifPresent(
                            tensor -> violations.add(at + ".output", misfit(tensor, ElementType.FLOAT32, shape), name));
            feedback.setOutput(name);
        });
        frames.addFeedback(feedback);
    }

    private List<Long> feedbackShape(String at, @Nullable List<Long> requested) {
        List<Long> shape = new ArrayList<>(violations.required(at, requested).orElse(List.of()));
        long elements = 1;
        for (Long dimension : shape) {
            if (dimension == null || dimension < 1 || dimension > MAX_FEEDBACK_ELEMENTS) {
                violations.add(at, "must hold dimensions of 1 to " + MAX_FEEDBACK_ELEMENTS, shape);
                return List.of();
            }
            elements = Math.min(elements * dimension, MAX_FEEDBACK_ELEMENTS + 1);
        }
        if (elements > MAX_FEEDBACK_ELEMENTS) {
            violations.add(at, "must have at most " + MAX_FEEDBACK_ELEMENTS + " elements", shape);
        }
        return List.copyOf(shape);
    }

    private void constant(String at, ConstantRequest entry, AudioFrames.Builder frames) {
        ScalarInput.Builder constant = ScalarInput.newBuilder();
        violations.required(at + ".int64", entry.int64()).ifPresent(constant::setInt64Value);
        violations.required(at + ".input", entry.input()).ifPresent(name -> {
            feed(at + ".input", name, ElementType.INT64, List.of(List.of(), List.of(1L)));
            constant.setInput(name);
        });
        frames.addConstants(constant);
    }

    /** The input takes one of the shapes, and nothing else feeds it. */
    private void feed(String at, String name, ElementType type, List<List<Long>> shapes) {
        if (!fed.add(name)) {
            violations.add(at, "must not be fed twice", name);
        }
        if (model.isEmpty()) {
            return;
        }
        Optional<TensorView> input = model.get().findInput(name);
        if (input.isEmpty()) {
            violations.add(at, "must be an input of the model", name);
            return;
        }
        TensorView tensor = input.get();
        if (tensor.type() != type || shapes.stream().noneMatch(tensor::takes)) {
            violations.add(at, misfit(tensor, type, shapes.get(0)), name);
        }
    }

    private Optional<TensorView> output(String at, String name, ElementType type) {
        if (model.isEmpty()) {
            return Optional.empty();
        }
        Optional<TensorView> output = model.get().findOutput(name);
        if (output.isEmpty()) {
            violations.add(at, "must be an output of the model", name);
            return Optional.empty();
        }
        if (output.get().type() != type) {
            violations.add(
                    at, "must be " + type + ", the model has " + output.get().describe(), name);
            return Optional.empty();
        }
        return output;
    }

    private void checkAllFed(InspectionView inspection) {
        for (TensorView input : inspection.inputs()) {
            if (!fed.contains(input.name())) {
                violations.add(path, "must feed every input of the model", input.name());
            }
        }
    }

    private static String misfit(TensorView tensor, ElementType type, List<Long> shape) {
        return "must be " + type + TensorView.describe(shape) + ", the model has " + tensor.describe();
    }
}
