package io.tinyfleet.registry.architecture;

import io.tinyfleet.registry.circle.CircleBack;
import org.jspecify.annotations.Nullable;

/** Breaks a rule on purpose: this package and the other need each other. */
public final class CircleForth {
    @Nullable CircleBack other;
}
