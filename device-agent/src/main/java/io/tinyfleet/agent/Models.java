package io.tinyfleet.agent;

import io.tinyfleet.agent.reconcile.Action;
import io.tinyfleet.agent.reconcile.Event;
import io.tinyfleet.agent.reconcile.Installed;
import io.tinyfleet.agent.reconcile.SlotInput;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Runtime;
import io.tinyfleet.protocol.v1.Variant;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Workers and slots as the agent's loop sees them. No call waits; answers come back as events. */
interface Models extends AutoCloseable {

    void trial(Action.RunTrial action);

    void start(Action.StartModel action);

    void stop(SlotName slot);

    void startShadow(Action.StartShadow action);

    void stopShadow(SlotName slot);

    /** Why one more worker does not fit into memory beside all that runs, if so. */
    Optional<String> findNoRoomBeside(SlotName slot, Installed artifact);

    void phase(SlotName slot, Phase phase);

    void window(SlotName slot, Duration interval);

    /** Why the slot's input cannot feed the variant, if so. */
    Optional<String> findMisfit(SlotName slot, Variant variant);

    /** RAM that ending the slot's running model would free; 0 when nothing runs. */
    long ramBytes(SlotName slot);

    /** What each running model has done since the last call; nothing at the first call after its start. */
    List<Event> served(Duration uptime);

    /** What is wrong with a slot's source or worker right now, by the slot's name; nothing for those that are well. */
    default Map<String, String> troubles() {
        return Map.of();
    }

    /** How the inputs of slots do; nothing for slots without one. */
    default Map<SlotName, SlotInput> inputs() {
        return Map.of();
    }

    List<Runtime> runtimes();

    /** Stops all; the last windows are handed over before this returns. */
    @Override
    void close();
}
