package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.pipeline.PipelineRules;
import io.tinyfleet.protocol.v1.Pipeline;
import io.tinyfleet.protocol.v1.ScoreResult;
import io.tinyfleet.protocol.v1.Variant;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** What a release declares, made for the source that a slot has: an input half and a result half. */
final class DeclaredPipeline implements SlotPipeline {

    private final Feeder feeder;
    private final ResultReader reader;
    private final double threshold;

    private DeclaredPipeline(Feeder feeder, ResultReader reader, double threshold) {
        this.feeder = feeder;
        this.reader = reader;
        this.threshold = threshold;
    }

    /** @throws IllegalArgumentException if {@link #findMisfit} names a reason */
    static SlotPipeline of(Variant variant, Source source) {
        findMisfit(variant, source).ifPresent(reason -> {
            throw new IllegalArgumentException(reason);
        });
        Pipeline pipeline = variant.getPipeline();
        if (pipeline.hasAudioFrames()) {
            return AudioFramesPipeline.of(variant, (AudioSource) source);
        }
        Feeder feeder = feeder(pipeline, source);
        return switch (pipeline.getResultCase()) {
            case CLASSES ->
                new DeclaredPipeline(
                        feeder,
                        new ClassesReader(pipeline.getClasses()),
                        pipeline.getClasses().getThreshold());
            case BOXES ->
                new DeclaredPipeline(
                        feeder,
                        new BoxesReader(pipeline.getBoxes(), (ImageFeeder) feeder),
                        pipeline.getBoxes().getThreshold());
            case SCORE ->
                new DeclaredPipeline(
                        feeder,
                        new ScoreReader(pipeline.getScore()),
                        pipeline.getScore().getThreshold());
            case RESULT_NOT_SET -> throw new IllegalStateException("the rules ask for a result");
        };
    }

    /** Reads answers to tensors that an application made; empty if only the input says what they mean. */
    static Optional<ResultReader> findReader(Variant variant) {
        Pipeline pipeline = variant.getPipeline();
        if (pipeline.hasAudioFrames()) {
            return Optional.of(new ScoreReader(ScoreResult.newBuilder()
                    .setOutput(pipeline.getAudioFrames().getScoreOutput())
                    .setThreshold(pipeline.getAudioFrames().getScoreThreshold())
                    .build()));
        }
        return switch (pipeline.getResultCase()) {
            case CLASSES -> Optional.of(new ClassesReader(pipeline.getClasses()));
            case SCORE -> Optional.of(new ScoreReader(pipeline.getScore()));
            case BOXES, RESULT_NOT_SET -> Optional.empty();
        };
    }

    private static Feeder feeder(Pipeline pipeline, Source source) {
        return switch (pipeline.getKindCase()) {
            case IMAGE -> new ImageFeeder(pipeline, (ImageSource) source);
            case MEL -> new MelFeeder(pipeline.getMel(), (AudioSource) source);
            case ROWS -> new RowFeeder(pipeline.getRows(), (RowSource) source);
            case AUDIO_FRAMES, KIND_NOT_SET -> throw new IllegalStateException("made elsewhere or refused before");
        };
    }

    /** Why the source cannot feed the variant, if so. */
    static Optional<String> findMisfit(Variant variant, Source source) {
        Pipeline pipeline = variant.getPipeline();
        String gives = gives(source);
        String wants = switch (pipeline.getKindCase()) {
            case AUDIO_FRAMES, MEL -> "sound";
            case IMAGE -> "pictures";
            case ROWS -> "rows of numbers";
            case KIND_NOT_SET -> "nothing: it declares no pipeline";
        };
        if (!gives.equals(wants)) {
            return Optional.of("the source '" + source.name() + "' gives " + gives + ", the variant '"
                    + variant.getName() + "' wants " + wants);
        }
        if (source instanceof AudioSource audio && pipeline.hasAudioFrames()) {
            return AudioFramesPipeline.findMisfit(variant, audio);
        }
        List<PipelineRules.Problem> problems = PipelineRules.check(pipeline);
        if (!problems.isEmpty()) {
            return Optional.of("the pipeline of the variant '" + variant.getName() + "': " + problems.get(0));
        }
        if (source instanceof AudioSource audio
                && audio.sampleRateHz() != pipeline.getMel().getSampleRateHz()) {
            return Optional.of("the model wants " + pipeline.getMel().getSampleRateHz()
                    + " samples a second, the source '" + source.name() + "' has " + audio.sampleRateHz());
        }
        return Optional.empty();
    }

    private static String gives(Source source) {
        if (source instanceof AudioSource) {
            return "sound";
        }
        return source instanceof ImageSource ? "pictures" : "rows of numbers";
    }

    @Override
    public List<Tensor> next() throws IOException {
        return feeder.next();
    }

    @Override
    public Result accept(List<Tensor> answer) throws AnswerException {
        return reader.read(answer);
    }

    @Override
    public long frameNanos() {
        return feeder.frameNanos();
    }

    @Override
    public int memory() {
        return feeder.memory();
    }

    @Override
    public double threshold() {
        return threshold;
    }
}
