/**
 * Decides what a rollout does next, from values alone: no database, no clock, no messages.
 *
 * <p>{@link io.tinyfleet.server.rollout.engine.Engine#plan} takes the stored state, what the devices said and the current
 * instant, and returns decisions; the feature around it stores them and acts.
 */
@org.jspecify.annotations.NullMarked
package io.tinyfleet.server.rollout.engine;
