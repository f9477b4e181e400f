/**
 * The delta codec td1: residuals of retrained weights, coded by an adaptive range coder. {@code docs/td1.md} is
 * the specification that this package follows number by number.
 */
@NullMarked
package io.tinyfleet.protocol.delta;

import org.jspecify.annotations.NullMarked;
