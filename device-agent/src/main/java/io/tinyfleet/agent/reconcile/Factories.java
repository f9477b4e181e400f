package io.tinyfleet.agent.reconcile;

import io.tinyfleet.agent.reconcile.Factory.Ready;
import io.tinyfleet.agent.reconcile.Factory.Unusable;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Severity;
import java.util.Map;
import java.util.Optional;

/**
 * The last way back: a slot that has nothing to run and that nobody has emptied runs the model of the device's image. It
 * is stored nowhere as active, so that another image brings another model.
 */
final class Factories {
    private Factories() {}

    static void looked(Turn turn, Event.FactoriesLooked event) {
        turn.equipment(turn.equipment().with(event.factories()));
        event.factories().forEach((name, factory) -> {
            if (factory instanceof Unusable unusable) {
                turn.raise("factory-refused", Severity.WARNING, turn.slot(name), sentence(unusable));
            }
        });
    }

    /** At the end of each step. */
    static void fill(Turn turn) {
        for (Map.Entry<SlotName, Factory> entry : turn.equipment().factories().entrySet()) {
            SlotState slot = turn.slot(entry.getKey());
            boolean emptied = turn.knows(slot.name()) && slot.install() instanceof Install.Untried;
            if (slot.active() == null && !emptied && entry.getValue() instanceof Ready ready) {
                fill(turn, slot, ready.model());
            }
        }
    }

    private static void fill(Turn turn, SlotState slot, Installed model) {
        Optional<String> belowFloor = Metadata.belowFloor(turn, model);
        if (belowFloor.isPresent()) {
            refuse(turn, slot, new Unusable("below-floor", belowFloor.get()));
            return;
        }
        boolean wanted = slot.install().offer() != null;
        turn.put(
                slot.artifacts(model, slot.previous()).with(Starts.NONE.count()).with(Serving.STARTING));
        turn.act(new Action.StartModel(slot.name(), model, Phase.HEALTHY));
        turn.raise(
                "factory-model",
                wanted ? Severity.WARNING : Severity.INFO,
                slot,
                "the slot runs " + model.model() + " " + model.version() + " of this device's image: "
                        + (wanted ? "what the server wants is not held or does not run" : "no other was ever wanted"));
        turn.report();
    }

    /** The model that the slot would run if it had nothing else, and does not run now. */
    static Optional<Installed> findOther(Turn turn, SlotState slot) {
        if (!(turn.equipment().factories().get(slot.name()) instanceof Ready ready)) {
            return Optional.empty();
        }
        Digest artifact = ready.model().artifact();
        return Optional.of(ready.model())
                .filter(model -> !slot.runs(artifact))
                .filter(model -> Metadata.belowFloor(turn, model).isEmpty());
    }

    /** Its file is not what it was when the agent started. */
    static void spoiled(Turn turn, SlotState slot, String code, String sentence) {
        SlotState empty =
                slot.artifacts(null, slot.previous()).with(Starts.NONE).with(Serving.STOPPED);
        if (slot.install() instanceof Install.Untried) {
            turn.drop(slot.name());
        } else {
            turn.put(empty);
        }
        turn.act(new Action.StopModel(slot.name()));
        refuse(turn, empty, new Unusable(code, sentence));
        turn.report();
    }

    private static void refuse(Turn turn, SlotState slot, Unusable why) {
        turn.equipment(turn.equipment().with(Map.of(slot.name(), why)));
        turn.raise("factory-refused", Severity.ERROR, slot, sentence(why) + "; the slot runs nothing");
    }

    private static String sentence(Unusable unusable) {
        return unusable.code() + ": " + unusable.sentence();
    }
}
