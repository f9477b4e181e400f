package io.tinyfleet.server.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.AudioFrames;
import io.tinyfleet.protocol.v1.Budgets;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.protocol.v1.Pipeline;
import io.tinyfleet.protocol.v1.TensorSpec;
import io.tinyfleet.protocol.v1.Variant;
import io.tinyfleet.server.model.ReleaseRequest.AudioFramesRequest;
import io.tinyfleet.server.model.ReleaseRequest.BudgetsRequest;
import io.tinyfleet.server.model.ReleaseRequest.ConstantRequest;
import io.tinyfleet.server.model.ReleaseRequest.FeedbackRequest;
import io.tinyfleet.server.model.ReleaseRequest.PipelineRequest;
import io.tinyfleet.server.model.ReleaseRequest.SelfTestRequest;
import java.time.Instant;
import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/** A release as the API shows it: what was asked for, and what the inspection of its files added. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ReleaseBody(
        String id,
        String model,
        String version,
        long securityVersion,
        String licence,
        Instant createdAt,
        String createdBy,
        String envelopeSha256,
        List<VariantBody> variants,
        SortedSet<String> tags,
        @Nullable Lineage lineage,
        @Nullable WithdrawalBody withdrawn,
        @Nullable Instant usedAt) {

    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record VariantBody(
            String name,
            String artifact,
            long size,
            ModelFormat format,
            String runtime,
            @Nullable String minRuntime,
            List<String> abi,
            List<String> accelerators,
            @Nullable String precision,
            @Nullable Long ramPeakBytes,
            @Nullable Long flashBytes,
            int opset,
            List<TensorBody> inputs,
            List<TensorBody> outputs,
            @Nullable SelfTestRequest selfTest,
            @Nullable PipelineRequest pipeline,
            @Nullable BudgetsRequest budgets) {}

    public record TensorBody(String name, ElementType type, List<Long> shape) {
        static TensorBody of(TensorSpec spec) {
            return new TensorBody(spec.getName(), spec.getType(), List.copyOf(spec.getShapeList()));
        }
    }

    static ReleaseBody of(ReleaseEntity entity) {
        ReleaseView release = entity.toView();
        return new ReleaseBody(
                release.id().toString(),
                release.model(),
                release.version(),
                release.manifest().getSecurityVersion(),
                release.manifest().getLicence(),
                release.createdAt(),
                entity.createdBy(),
                release.envelopeDigest().hex(),
                release.manifest().getVariantsList().stream()
                        .map(ReleaseBody::variant)
                        .toList(),
                entity.tags(),
                entity.lineage().orElse(null),
                entity.withdrawal().orElse(null),
                entity.usedAt().orElse(null));
    }

    private static VariantBody variant(Variant variant) {
        return new VariantBody(
                variant.getName(),
                Digest.fromBytes(variant.getTarget().getSha256()).hex(),
                variant.getTarget().getSize(),
                variant.getTarget().getFormat(),
                variant.getCompatibility().getRuntime(),
                nonEmpty(variant.getCompatibility().getMinRuntime()),
                List.copyOf(variant.getCompatibility().getAbiList()),
                List.copyOf(variant.getCompatibility().getAcceleratorsList()),
                variant.hasQuantization()
                        ? Precision.wordOf(variant.getQuantization()).orElse(null)
                        : null,
                nonZero(variant.getCompatibility().getRamPeakBytes()),
                nonZero(variant.getCompatibility().getFlashBytes()),
                variant.getCompatibility().getOpset(),
                variant.getCompatibility().getInputsList().stream()
                        .map(TensorBody::of)
                        .toList(),
                variant.getCompatibility().getOutputsList().stream()
                        .map(TensorBody::of)
                        .toList(),
                variant.hasSelfTest()
                        ? new SelfTestRequest(
                                Digest.fromBytes(variant.getSelfTest().getVectorsSha256())
                                        .hex(),
                                variant.getSelfTest().getAbsoluteTolerance(),
                                variant.getSelfTest().getRelativeTolerance())
                        : null,
                variant.hasPipeline() ? pipeline(variant.getPipeline()) : null,
                variant.hasBudgets() ? budgets(variant.getBudgets()) : null);
    }

    private static PipelineRequest pipeline(Pipeline pipeline) {
        return pipeline.hasAudioFrames()
                ? new PipelineRequest(audioFrames(pipeline.getAudioFrames()), null, null, null, null, null, null)
                : PipelineWords.of(pipeline);
    }

    private static AudioFramesRequest audioFrames(AudioFrames frames) {
        return new AudioFramesRequest(
                frames.getSampleRateHz(),
                frames.getFrameSamples(),
                frames.getContextSamples(),
                frames.getInput(),
                frames.getFeedbackList().stream()
                        .map(f -> new FeedbackRequest(f.getInput(), f.getOutput(), List.copyOf(f.getShapeList())))
                        .toList(),
                frames.getConstantsList().stream()
                        .map(c -> new ConstantRequest(c.getInput(), c.getInt64Value()))
                        .toList(),
                frames.getScoreOutput(),
                frames.getScoreThreshold());
    }

    private static BudgetsRequest budgets(Budgets budgets) {
        return new BudgetsRequest(
                budgets.getP95Millis() == 0 ? null : budgets.getP95Millis(),
                budgets.getEnergyMillijoules() == 0 ? null : budgets.getEnergyMillijoules(),
                nonZero(budgets.getRamBytes()));
    }

    private static @Nullable String nonEmpty(String text) {
        return text.isEmpty() ? null : text;
    }

    private static @Nullable Long nonZero(long value) {
        return value == 0 ? null : value;
    }
}
