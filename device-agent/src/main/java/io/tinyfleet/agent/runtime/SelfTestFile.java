package io.tinyfleet.agent.runtime;

import io.tinyfleet.protocol.v1.SelfTest;
import java.nio.file.Path;

/**
 * A file with a {@code SelfTestVectors} message, and how far an answer may be off:
 * {@code |got - expected| <= absoluteTolerance + relativeTolerance * |expected|}.
 */
public record SelfTestFile(Path path, double absoluteTolerance, double relativeTolerance) {

    public SelfTestFile {
        requireTolerance("absolute", absoluteTolerance);
        requireTolerance("relative", relativeTolerance);
    }

    public static SelfTestFile of(Path path, SelfTest selfTest) {
        return new SelfTestFile(path, selfTest.getAbsoluteTolerance(), selfTest.getRelativeTolerance());
    }

    private static void requireTolerance(String kind, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(
                    "the " + kind + " tolerance of a self-test must be a number of at least 0, got " + value);
        }
    }
}
