package io.tinyfleet.registry.variant;

import io.tinyfleet.protocol.v1.Variant;
import java.util.List;

/** What a device gets of a release. */
public sealed interface Choice {
    /** Variants that were dropped, in the order of the release. */
    List<Rejection> rejections();

    /**
     * This one.
     *
     * @param why one sentence for people
     * @param rejections the variants that cannot run there
     */
    record Chosen(Variant variant, String why, List<Rejection> rejections) implements Choice {
        /** Takes a copy. */
        public Chosen {
            rejections = List.copyOf(rejections);
        }
    }

    /** None: each variant has its reason. Empty only when the release has no variant. */
    record NoneFits(List<Rejection> rejections) implements Choice {
        /** Takes a copy. */
        public NoneFits {
            rejections = List.copyOf(rejections);
        }
    }
}
