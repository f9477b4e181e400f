/** Time as ports: wall clock, uptime, and whether the wall clock can be believed. */
@NullMarked
package io.tinyfleet.agent.clock;

import org.jspecify.annotations.NullMarked;
