package io.tinyfleet.agent.reconcile;

import java.util.List;

/** What comes out of one event: the next state, to be stored first, and then what to do, in this order. */
public record Step(AgentState state, List<Action> actions) {
    public Step {
        actions = List.copyOf(actions);
    }
}
