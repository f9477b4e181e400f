package io.tinyfleet.registry.variant;

/**
 * Why a variant cannot run on a device.
 *
 * @param variant its name
 * @param rule the stable word of the rule it breaks
 * @param sentence for people, such as {@code needs 41 MB RAM, 27 MB free}
 */
public record Rejection(String variant, Rule rule, String sentence) {
    /** The rules, in the order they are looked at. */
    public enum Rule {
        /** The device does not have the runtime. */
        RUNTIME,
        /** The device has it, too old or in an unreadable version. */
        RUNTIME_VERSION,
        /** Made for another operating system, processor or C library. */
        ABI,
        /** Needs an accelerator that is not there. */
        ACCELERATOR,
        /** Needs more memory than is free. */
        RAM,
        /** Needs more storage than is free. */
        FLASH,
        /** Was measured on this hardware over its own latency or energy budget. */
        BUDGET
    }
}
