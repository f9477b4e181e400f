/** Windows of what models did on devices: stored once, and asked about. */
@NullMarked
package io.tinyfleet.server.telemetry;

import org.jspecify.annotations.NullMarked;
