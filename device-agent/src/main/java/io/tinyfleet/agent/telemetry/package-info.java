/** What one slot did with one artifact over a stretch of time. */
@NullMarked
package io.tinyfleet.agent.telemetry;

import org.jspecify.annotations.NullMarked;
