package io.tinyfleet.registry.circle;

import io.tinyfleet.registry.architecture.CircleForth;
import org.jspecify.annotations.Nullable;

/** Breaks a rule on purpose: this package and the other need each other. */
public final class CircleBack {
    @Nullable CircleForth other;
}
