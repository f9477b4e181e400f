package io.tinyfleet.agent.reconcile;

/**
 * The agent's heart: one event in, the next state and the actions out. No clock, disk, link, worker or thread in here.
 *
 * <p>Whoever calls it stores {@code state.durable()} before it does the actions, so a power cut finds either the old
 * step or the new one begun, and both are safe to begin again.
 */
public final class Reconciler {
    private Reconciler() {}

    public static Step step(AgentState state, Event event, Moment now) {
        Turn turn = new Turn(state, now);
        event.applyTo(turn);
        return turn.end();
    }
}
