/** How a new device shows that it holds the key it enrols with. */
@NullMarked
package io.tinyfleet.protocol.enrol;

import org.jspecify.annotations.NullMarked;
