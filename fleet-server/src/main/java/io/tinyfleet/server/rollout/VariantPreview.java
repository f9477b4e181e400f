package io.tinyfleet.server.rollout;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What devices would get of a release, before any rollout exists.
 *
 * @param devices that match the filter
 * @param served get a variant
 * @param unserved heard of, and no variant fits
 * @param unknown never heard of: nothing can be said
 * @param groups devices that are told the same, the largest group first
 */
public record VariantPreview(int devices, int served, int unserved, int unknown, List<Group> groups) {
    public VariantPreview {
        groups = List.copyOf(groups);
    }

    /**
     * Devices of one hardware class with one answer.
     *
     * @param variant absent: they get nothing
     * @param examples ids of some of them, in order
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Group(
            String hardware,
            int devices,
            @Nullable String variant,
            String why,
            List<VariantRejection> rejections,
            List<String> examples) {
        public Group {
            rejections = List.copyOf(rejections);
            examples = List.copyOf(examples);
        }
    }

    /** Why a variant cannot run there, for people, with the stable word of the rule. */
    public record VariantRejection(String variant, String rule, String sentence) {}
}
