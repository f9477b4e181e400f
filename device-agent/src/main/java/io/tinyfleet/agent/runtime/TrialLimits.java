package io.tinyfleet.agent.runtime;

import io.tinyfleet.protocol.v1.Budgets;
import java.time.Duration;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** What a trial may take at most. The whole trial ends within start + load + self-test. */
public record TrialLimits(
        Duration start, Duration load, Duration selfTest, OptionalLong rssBytes, OptionalDouble p95Millis) {

    public static final TrialLimits DEFAULT = new TrialLimits(
            Duration.ofSeconds(20),
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            OptionalLong.empty(),
            OptionalDouble.empty());

    public TrialLimits {
        requirePositive("start", start);
        requirePositive("load", load);
        requirePositive("self-test", selfTest);
    }

    /** The default deadlines and the budgets a variant states; 0 means no budget. */
    public static TrialLimits of(Budgets budgets) {
        return new TrialLimits(
                DEFAULT.start,
                DEFAULT.load,
                DEFAULT.selfTest,
                budgets.getRamBytes() > 0 ? OptionalLong.of(budgets.getRamBytes()) : OptionalLong.empty(),
                budgets.getP95Millis() > 0 ? OptionalDouble.of(budgets.getP95Millis()) : OptionalDouble.empty());
    }

    private static void requirePositive(String what, Duration value) {
        if (value.isZero() || value.isNegative()) {
            throw new IllegalArgumentException("the " + what + " limit of a trial must be over zero, got " + value);
        }
    }
}
