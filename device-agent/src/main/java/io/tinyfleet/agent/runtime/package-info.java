/** Runs models in child processes; the agent's own process loads no native code. */
@NullMarked
package io.tinyfleet.agent.runtime;

import org.jspecify.annotations.NullMarked;
