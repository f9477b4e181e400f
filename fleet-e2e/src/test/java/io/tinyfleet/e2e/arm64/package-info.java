/** A device of another architecture, emulated; run by {@code ./verify-arm64} alone. */
@NullMarked
package io.tinyfleet.e2e.arm64;

import org.jspecify.annotations.NullMarked;
