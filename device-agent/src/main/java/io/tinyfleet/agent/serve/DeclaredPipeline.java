package io.tinyfleet.agent.serve;

import io.tinyfleet.protocol.v1.Variant;
import java.util.Optional;

/** Makes what a release declares for the source that a slot has. */
final class DeclaredPipeline {

    private DeclaredPipeline() {}

    /** @throws IllegalArgumentException if {@link #findMisfit} names a reason */
    static SlotPipeline of(Variant variant, Source source) {
        findMisfit(variant, source).ifPresent(reason -> {
            throw new IllegalArgumentException(reason);
        });
        return AudioFramesPipeline.of(variant, (AudioSource) source);
    }

    /** Why the source cannot feed the variant, if so. */
    static Optional<String> findMisfit(Variant variant, Source source) {
        if (source instanceof AudioSource audio) {
            return AudioFramesPipeline.findMisfit(variant, audio);
        }
        return Optional.of(
                "the variant '" + variant.getName() + "' declares no pipeline for the source '" + source.name() + "'");
    }
}
