package io.tinyfleet.server.model;

import io.tinyfleet.protocol.v1.BoxMerge;
import io.tinyfleet.protocol.v1.BoxOrder;
import io.tinyfleet.protocol.v1.ChannelOrder;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.ImageFit;
import io.tinyfleet.protocol.v1.MelScale;
import io.tinyfleet.protocol.v1.TensorLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the data team sends to make a release. Everything may be absent here: {@link ManifestCheck} says what is
 * missing, all of it at once.
 */
public record ReleaseRequest(
        @Nullable String version,
        @Nullable Long securityVersion,
        @Nullable String licence,
        @Nullable Lineage lineage,
        @Nullable List<String> tags,
        @Nullable List<VariantRequest> variants) {

    public record VariantRequest(
            @Nullable String name,
            @Nullable String artifact,
            @Nullable String runtime,
            @Nullable String minRuntime,
            @Nullable List<String> abi,
            @Nullable List<String> accelerators,
            @Nullable String precision,
            @Nullable Long ramPeakBytes,
            @Nullable Long flashBytes,
            @Nullable SelfTestRequest selfTest,
            @Nullable PipelineRequest pipeline,
            @Nullable BudgetsRequest budgets) {}

    public record SelfTestRequest(
            @Nullable String vectors,
            @Nullable Double absoluteTolerance,
            @Nullable Double relativeTolerance) {}

    /** One input, and with any other than audioFrames one result. */
    public record PipelineRequest(
            @Nullable AudioFramesRequest audioFrames,
            @Nullable ImageRequest image,
            @Nullable MelRequest mel,
            @Nullable RowsRequest rows,
            @Nullable ClassesRequest classes,
            @Nullable BoxesRequest boxes,
            @Nullable ScoreRequest score) {}

    public record AffineRequest(
            @Nullable Double scale, @Nullable Integer zeroPoint) {}

    public record ImageRequest(
            @Nullable String input,
            @Nullable Integer width,
            @Nullable Integer height,
            @Nullable ImageFit fit,
            @Nullable ChannelOrder channels,
            @Nullable TensorLayout layout,
            @Nullable ElementType type,
            @Nullable Double scale,
            @Nullable List<Double> mean,
            @Nullable List<Double> deviation,
            @Nullable AffineRequest quantization,
            @Nullable Integer fill) {}

    public record MelRequest(
            @Nullable String input,
            @Nullable List<Long> shape,
            @Nullable Integer sampleRateHz,
            @Nullable Integer windowSamples,
            @Nullable Integer hopSamples,
            @Nullable Integer fftSize,
            @Nullable Integer bins,
            @Nullable Double lowestHz,
            @Nullable Double highestHz,
            @Nullable MelScale melScale,
            @Nullable Boolean power,
            @Nullable Double logFloor,
            @Nullable Integer frames,
            @Nullable Integer newFrames,
            @Nullable Boolean binsFirst,
            @Nullable ElementType type,
            @Nullable Double mean,
            @Nullable Double deviation,
            @Nullable AffineRequest quantization) {}

    public record RowsRequest(
            @Nullable String input,
            @Nullable List<Long> shape,
            @Nullable Integer columns,
            @Nullable Integer rows,
            @Nullable Integer newRows,
            @Nullable List<Double> mean,
            @Nullable List<Double> deviation,
            @Nullable ElementType type,
            @Nullable AffineRequest quantization) {}

    public record ClassesRequest(
            @Nullable String output,
            @Nullable AffineRequest quantization,
            @Nullable Boolean softmax,
            @Nullable List<String> labels,
            @Nullable Integer top,
            @Nullable Double threshold) {}

    public record ScoreRequest(
            @Nullable String output,
            @Nullable AffineRequest quantization,
            @Nullable Boolean sigmoid,
            @Nullable Double threshold) {}

    public record BoxesRequest(
            @Nullable String boxesOutput,
            @Nullable String scoresOutput,
            @Nullable AnchorsRequest anchors,
            @Nullable BoxOrder order,
            @Nullable Double boxScale,
            @Nullable Boolean exponentialSize,
            @Nullable Integer keypoints,
            @Nullable Boolean sigmoid,
            @Nullable Double scoreClip,
            @Nullable Double threshold,
            @Nullable Double overlap,
            @Nullable BoxMerge merge,
            @Nullable Integer maxBoxes,
            @Nullable List<String> labels) {}

    public record AnchorsRequest(
            @Nullable Integer inputWidth,
            @Nullable Integer inputHeight,
            @Nullable List<Integer> strides,
            @Nullable Double minScale,
            @Nullable Double maxScale,
            @Nullable Double offset,
            @Nullable List<Double> aspectRatios,
            @Nullable Double interpolatedAspectRatio,
            @Nullable Boolean unitSize,
            @Nullable Boolean reduceLowest) {}

    public record AudioFramesRequest(
            @Nullable Integer sampleRateHz,
            @Nullable Integer frameSamples,
            @Nullable Integer contextSamples,
            @Nullable String input,
            @Nullable List<FeedbackRequest> feedback,
            @Nullable List<ConstantRequest> constants,
            @Nullable String scoreOutput,
            @Nullable Double scoreThreshold) {}

    public record FeedbackRequest(
            @Nullable String input,
            @Nullable String output,
            @Nullable List<Long> shape) {}

    public record ConstantRequest(
            @Nullable String input, @Nullable Long int64) {}

    public record BudgetsRequest(
            @Nullable Double p95Millis,
            @Nullable Double energyMillijoules,
            @Nullable Long ramBytes) {}
}
