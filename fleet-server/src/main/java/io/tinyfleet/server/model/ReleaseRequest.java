package io.tinyfleet.server.model;

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

    public record PipelineRequest(@Nullable AudioFramesRequest audioFrames) {}

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
