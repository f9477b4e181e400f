/** The agent's heart: what to do next, decided in pure code. */
@NullMarked
package io.tinyfleet.agent.reconcile;

import org.jspecify.annotations.NullMarked;
