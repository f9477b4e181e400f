/**
 * Which stretches of two versions of a model belong together, so that their difference is small, and which ways of
 * delivery are worth offering.
 */
@NullMarked
package io.tinyfleet.registry.delta;

import org.jspecify.annotations.NullMarked;
