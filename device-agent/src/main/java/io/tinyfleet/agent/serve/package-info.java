/** Serves a slot: raw input becomes tensors, the active model answers, nothing is lost on a swap. */
@NullMarked
package io.tinyfleet.agent.serve;

import org.jspecify.annotations.NullMarked;
