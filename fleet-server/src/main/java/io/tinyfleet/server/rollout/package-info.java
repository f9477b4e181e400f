/** Rollouts: plans, waves, verbs, the tick that carries out what the engine decides, and their history. */
@org.jspecify.annotations.NullMarked
package io.tinyfleet.server.rollout;
