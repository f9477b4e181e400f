/** The agent process: commands, settings and the loop that turns events into actions. */
@NullMarked
package io.tinyfleet.agent;

import org.jspecify.annotations.NullMarked;
