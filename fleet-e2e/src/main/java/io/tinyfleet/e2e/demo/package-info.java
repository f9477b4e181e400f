/** The demonstration fleet: three local agents, three releases of a real model, staged rollouts. */
@NullMarked
package io.tinyfleet.e2e.demo;

import org.jspecify.annotations.NullMarked;
