/** Keys, roots, signed releases and floors, and OpenSSF Model Signing bundles: what is done where the keys are. */
@NullMarked
package io.tinyfleet.registry.cli.trust;

import org.jspecify.annotations.NullMarked;
