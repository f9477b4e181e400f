package io.tinyfleet.protocol.pipeline;

import io.tinyfleet.protocol.v1.Affine;
import io.tinyfleet.protocol.v1.BoxesResult;
import io.tinyfleet.protocol.v1.ChannelOrder;
import io.tinyfleet.protocol.v1.ClassesResult;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.ImageInput;
import io.tinyfleet.protocol.v1.MelInput;
import io.tinyfleet.protocol.v1.Pipeline;
import io.tinyfleet.protocol.v1.RowInput;
import io.tinyfleet.protocol.v1.ScoreResult;
import io.tinyfleet.protocol.v1.SsdAnchors;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Limits and dependencies of the pipelines with a {@code result}: pictures, spectrograms, rows. The older audio frames
 * keep the rules that they came with.
 */
public final class PipelineRules {

    /** Elements of one input tensor: 16 MB as 32-bit floats. */
    public static final int MAX_ELEMENTS = 1 << 22;

    public static final int MAX_SIDE = 4096;
    public static final int MAX_LABELS = 1024;
    public static final int MAX_LABEL_CHARS = 64;
    public static final int MAX_KEYPOINTS = 64;
    public static final int MAX_BOXES = 100;
    public static final int MAX_TOP = 100;
    public static final int MAX_ANCHORS = 100_000;
    private static final int MAX_LAYERS = 16;
    private static final int MAX_RATE_HZ = 384_000;
    private static final int MAX_FFT = 1 << 14;
    private static final double MAX_NUMBER = 1e9;

    private final List<Problem> problems = new ArrayList<>();

    private PipelineRules() {}

    /**
     * One broken rule.
     *
     * @param field such as {@code image.width}
     * @param rule such as {@code must be 1 to 4096}
     */
    public record Problem(
            String field, String rule, @Nullable Object value) {

        @Override
        public String toString() {
            return field + " " + rule + (value == null ? "" : ", got " + value);
        }
    }

    /** All that is wrong with it; nothing for audio frames. */
    public static List<Problem> check(Pipeline pipeline) {
        PipelineRules rules = new PipelineRules();
        switch (pipeline.getKindCase()) {
            case IMAGE -> rules.image(pipeline.getImage());
            case MEL -> rules.mel(pipeline.getMel());
            case ROWS -> rules.rows(pipeline.getRows());
            case AUDIO_FRAMES, KIND_NOT_SET -> {
                if (pipeline.getResultCase() != Pipeline.ResultCase.RESULT_NOT_SET) {
                    rules.add("", "must have an image, mel or rows input with this result", null);
                }
                return rules.problems;
            }
        }
        switch (pipeline.getResultCase()) {
            case CLASSES -> rules.classes(pipeline.getClasses());
            case BOXES -> {
                rules.boxes(pipeline.getBoxes());
                if (!pipeline.hasImage()) {
                    rules.add("boxes", "must have an image as input", null);
                }
            }
            case SCORE -> rules.score(pipeline.getScore());
            case RESULT_NOT_SET -> rules.add("", "must have a result: classes, boxes or score", null);
        }
        return rules.problems;
    }

    // ---- inputs

    private void image(ImageInput image) {
        name("image.input", image.getInput());
        whole("image.width", image.getWidth(), 1, MAX_SIDE);
        whole("image.height", image.getHeight(), 1, MAX_SIDE);
        chosen("image.fit", image.getFitValue(), 2);
        chosen("image.channels", image.getChannelsValue(), 3);
        chosen("image.layout", image.getLayoutValue(), 2);
        int channels = image.getChannels() == ChannelOrder.GREY ? 1 : 3;
        elements("image", (long) image.getWidth() * image.getHeight() * channels);
        number("image.scale", image.getScale(), Double.MIN_NORMAL, MAX_NUMBER);
        normalisation("image", image.getMeanList(), image.getDeviationList(), channels);
        type("image", image.getType(), image.hasQuantization() ? image.getQuantization() : null);
        whole("image.fill", image.getFill(), 0, 255);
    }

    private void mel(MelInput mel) {
        name("mel.input", mel.getInput());
        whole("mel.sampleRateHz", mel.getSampleRateHz(), 1000, MAX_RATE_HZ);
        whole("mel.windowSamples", mel.getWindowSamples(), 2, MAX_FFT);
        whole("mel.hopSamples", mel.getHopSamples(), 1, MAX_FFT);
        whole("mel.fftSize", mel.getFftSize(), 2, MAX_FFT);
        if (Integer.bitCount(mel.getFftSize()) != 1 || mel.getFftSize() < mel.getWindowSamples()) {
            add("mel.fftSize", "must be a power of two of at least windowSamples", mel.getFftSize());
        }
        whole("mel.bins", mel.getBins(), 1, 512);
        chosen("mel.melScale", mel.getMelScaleValue(), 2);
        double nyquist = mel.getSampleRateHz() / 2.0;
        number("mel.lowestHz", mel.getLowestHz(), 0, nyquist);
        number("mel.highestHz", mel.getHighestHz(), 0, nyquist);
        if (!(mel.getLowestHz() < mel.getHighestHz())) {
            add("mel.highestHz", "must be over lowestHz", mel.getHighestHz());
        }
        number("mel.logFloor", mel.getLogFloor(), 0, MAX_NUMBER);
        whole("mel.frames", mel.getFrames(), 1, 10_000);
        whole("mel.newFrames", mel.getNewFrames(), 1, Math.max(1, mel.getFrames()));
        number("mel.mean", mel.getMean(), -MAX_NUMBER, MAX_NUMBER);
        number("mel.deviation", mel.getDeviation(), 0, MAX_NUMBER);
        type("mel", mel.getType(), mel.hasQuantization() ? mel.getQuantization() : null);
        shape("mel.shape", mel.getShapeList(), (long) mel.getFrames() * mel.getBins());
    }

    private void rows(RowInput rows) {
        name("rows.input", rows.getInput());
        whole("rows.columns", rows.getColumns(), 1, 4096);
        whole("rows.rows", rows.getRows(), 1, 100_000);
        whole("rows.newRows", rows.getNewRows(), 1, Math.max(1, rows.getRows()));
        normalisation("rows", rows.getMeanList(), rows.getDeviationList(), rows.getColumns());
        type("rows", rows.getType(), rows.hasQuantization() ? rows.getQuantization() : null);
        shape("rows.shape", rows.getShapeList(), (long) rows.getColumns() * rows.getRows());
    }

    private void shape(String field, List<Long> shape, long elements) {
        elements(field, elements);
        long product = shape.isEmpty() ? 0 : 1;
        for (long dimension : shape) {
            if (dimension < 1 || dimension > MAX_ELEMENTS || product > MAX_ELEMENTS) {
                add(field, "must hold dimensions of 1 to " + MAX_ELEMENTS, shape);
                return;
            }
            product *= dimension;
        }
        if (product != elements) {
            add(field, "must have " + elements + " elements", shape);
        }
    }

    private void elements(String field, long elements) {
        if (elements < 1 || elements > MAX_ELEMENTS) {
            add(field, "must have 1 to " + MAX_ELEMENTS + " elements", elements);
        }
    }

    private void normalisation(String field, List<Double> means, List<Double> deviations, int each) {
        if (means.size() > 1 && means.size() != each) {
            add(field + ".mean", "must hold none, one or " + each, means.size());
        }
        if (deviations.size() > 1 && deviations.size() != each) {
            add(field + ".deviation", "must hold none, one or " + each, deviations.size());
        }
        means.forEach(mean -> number(field + ".mean", mean, -MAX_NUMBER, MAX_NUMBER));
        deviations.forEach(deviation -> number(field + ".deviation", deviation, Double.MIN_NORMAL, MAX_NUMBER));
    }

    private void type(String field, ElementType type, @Nullable Affine quantization) {
        boolean integer = type == ElementType.INT8 || type == ElementType.UINT8;
        if (!integer && type != ElementType.FLOAT32) {
            add(field + ".type", "must be FLOAT32, INT8 or UINT8", type);
            return;
        }
        if (integer != (quantization != null)) {
            add(field + ".quantization", "must be there with INT8 and UINT8, and only then", null);
        }
        if (quantization != null) {
            affine(field + ".quantization", quantization);
        }
    }

    private void affine(String field, Affine affine) {
        number(field + ".scale", affine.getScale(), Double.MIN_NORMAL, MAX_NUMBER);
        whole(field + ".zeroPoint", affine.getZeroPoint() + 128L, 0, 128 + 255);
    }

    // ---- results

    private void classes(ClassesResult classes) {
        name("classes.output", classes.getOutput());
        if (classes.hasQuantization()) {
            affine("classes.quantization", classes.getQuantization());
        }
        whole("classes.top", classes.getTop(), 1, MAX_TOP);
        number("classes.threshold", classes.getThreshold(), 0, 1);
        labels("classes.labels", classes.getLabelsList());
    }

    private void boxes(BoxesResult boxes) {
        name("boxes.boxesOutput", boxes.getBoxesOutput());
        name("boxes.scoresOutput", boxes.getScoresOutput());
        anchors(boxes.getAnchors());
        chosen("boxes.order", boxes.getOrderValue(), 2);
        chosen("boxes.merge", boxes.getMergeValue(), 2);
        number("boxes.boxScale", boxes.getBoxScale(), Double.MIN_NORMAL, MAX_NUMBER);
        whole("boxes.keypoints", boxes.getKeypoints(), 0, MAX_KEYPOINTS);
        number("boxes.scoreClip", boxes.getScoreClip(), 0, MAX_NUMBER);
        number("boxes.threshold", boxes.getThreshold(), 0, 1);
        number("boxes.overlap", boxes.getOverlap(), 0, 1);
        whole("boxes.maxBoxes", boxes.getMaxBoxes(), 1, MAX_BOXES);
        labels("boxes.labels", boxes.getLabelsList());
    }

    private void anchors(SsdAnchors anchors) {
        String field = "boxes.anchors";
        whole(field + ".inputWidth", anchors.getInputWidth(), 1, MAX_SIDE);
        whole(field + ".inputHeight", anchors.getInputHeight(), 1, MAX_SIDE);
        whole(field + ".strides", anchors.getStridesCount(), 1, MAX_LAYERS);
        whole(field + ".aspectRatios", anchors.getAspectRatiosCount(), 1, MAX_LAYERS);
        anchors.getStridesList().forEach(stride -> whole(field + ".strides", stride, 1, MAX_SIDE));
        anchors.getAspectRatiosList().forEach(ratio -> number(field + ".aspectRatios", ratio, 0.01, 100));
        number(field + ".minScale", anchors.getMinScale(), 0, 10);
        number(field + ".maxScale", anchors.getMaxScale(), 0, 10);
        number(field + ".offset", anchors.getOffset(), 0, 1);
        number(field + ".interpolatedAspectRatio", anchors.getInterpolatedAspectRatio(), 0, 100);
        if (problems.isEmpty() && anchorCount(anchors) > MAX_ANCHORS) {
            add(field, "must have at most " + MAX_ANCHORS + " anchors", anchorCount(anchors));
        }
    }

    /** How many anchors the grid has. */
    public static long anchorCount(SsdAnchors anchors) {
        long count = 0;
        for (int layer = 0; layer < anchors.getStridesCount(); layer++) {
            int stride = anchors.getStrides(layer);
            long cells = (long) cells(anchors.getInputWidth(), stride) * cells(anchors.getInputHeight(), stride);
            boolean reduced = layer == 0 && anchors.getReduceLowest();
            int more = anchors.getInterpolatedAspectRatio() > 0 ? 1 : 0;
            count += cells * (reduced ? 3 : anchors.getAspectRatiosCount() + more);
        }
        return count;
    }

    /** How many cells of a stride cover a side. */
    public static int cells(int side, int stride) {
        return (side + stride - 1) / stride;
    }

    private void score(ScoreResult score) {
        name("score.output", score.getOutput());
        if (score.hasQuantization()) {
            affine("score.quantization", score.getQuantization());
        }
        number("score.threshold", score.getThreshold(), -MAX_NUMBER, MAX_NUMBER);
    }

    // ---- rules

    private void labels(String field, List<String> labels) {
        whole(field, labels.size(), 0, MAX_LABELS);
        for (String label : labels) {
            if (label.isBlank() || label.length() > MAX_LABEL_CHARS) {
                add(field, "must have 1 to " + MAX_LABEL_CHARS + " characters each", label);
                return;
            }
        }
    }

    private void name(String field, String name) {
        if (name.isEmpty() || name.length() > 256) {
            add(field, "must be a tensor's name of 1 to 256 characters", name);
        }
    }

    /** A word of an enum that we know: they are numbered from 1. */
    private void chosen(String field, int value, int words) {
        if (value < 1 || value > words) {
            add(field, "is required", null);
        }
    }

    /** Numbers that are unsigned on the wire arrive as negative ints when they are too large. */
    private void whole(String field, long value, long least, long most) {
        if (value < least || value > most) {
            add(field, "must be " + least + " to " + most, value);
        }
    }

    private void number(String field, double value, double least, double most) {
        if (!(value >= least && value <= most)) {
            String from = least == Double.MIN_NORMAL ? "over 0" : String.valueOf(least);
            add(field, "must be " + from + " up to " + most, value);
        }
    }

    private void add(String field, String rule, @Nullable Object value) {
        problems.add(new Problem(field.isEmpty() ? "pipeline" : field, rule, value));
    }
}
