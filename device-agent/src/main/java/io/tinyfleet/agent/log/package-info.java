/** One log line is one event with keys. */
@NullMarked
package io.tinyfleet.agent.log;

import org.jspecify.annotations.NullMarked;
