/** What a device is and does: presence, slots, attempts, events, state, and the marks of what it has sent. */
@NullMarked
package io.tinyfleet.server.device;

import org.jspecify.annotations.NullMarked;
