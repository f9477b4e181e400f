package io.tinyfleet.protocol.circle;

import io.tinyfleet.protocol.architecture.CircleForth;
import org.jspecify.annotations.Nullable;

/** Breaks a rule on purpose: this package and the other need each other. */
public final class CircleBack {
    @Nullable CircleForth other;
}
