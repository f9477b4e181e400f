package io.tinyfleet.registry.variant;

import java.util.OptionalDouble;

/**
 * What a variant was measured to cost on a hardware class.
 *
 * @param energyMillijoules per inference
 * @param p95Millis 95th percentile of latency
 */
public record Measurement(OptionalDouble energyMillijoules, OptionalDouble p95Millis) {
    /** Nothing was measured. */
    public static final Measurement NONE = new Measurement(OptionalDouble.empty(), OptionalDouble.empty());

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException when one is negative or not a number
     */
    public Measurement {
        requireCost(energyMillijoules, "energy in millijoules");
        requireCost(p95Millis, "latency in milliseconds");
    }

    private static void requireCost(OptionalDouble cost, String what) {
        if (cost.isPresent() && !(cost.getAsDouble() >= 0 && Double.isFinite(cost.getAsDouble()))) {
            throw new IllegalArgumentException(what + " must be finite and not negative, got " + cost.getAsDouble());
        }
    }
}
