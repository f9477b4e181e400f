/** Which variant of a release a device can and should run. */
@NullMarked
package io.tinyfleet.registry.variant;

import org.jspecify.annotations.NullMarked;
