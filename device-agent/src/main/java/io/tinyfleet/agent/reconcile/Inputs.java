package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Severity;
import java.time.Duration;
import java.util.Locale;
import java.util.TreeMap;

/** What the server hears of slots' inputs: each change, and of one that comes and goes two in {@link #REST} at most. */
final class Inputs {
    /** A trouble that was told stands for so long, also when it is over sooner. */
    static final Duration REST = Duration.ofSeconds(30);

    private Inputs() {}

    static void seen(Turn turn, Event.InputsSeen event) {
        TreeMap<SlotName, SlotInput> told = new TreeMap<>(turn.equipment().inputs());
        event.inputs().forEach((name, now) -> {
            SlotInput before = told.get(name);
            if (before == null && !now.isTrouble()) {
                told.put(name, now);
                turn.report();
                return;
            }
            boolean same = before != null && before.state() == now.state();
            boolean rests = before != null
                    && before.isTrouble()
                    && turn.uptime().minus(before.since()).compareTo(REST) < 0;
            if (same || rests) {
                return;
            }
            told.put(name, now);
            raise(turn, turn.slot(name), now);
            turn.report();
        });
        turn.equipment(turn.equipment().withInputs(told));
    }

    private static void raise(Turn turn, SlotState slot, SlotInput now) {
        String code = "input-" + now.state().name().toLowerCase(Locale.ROOT);
        turn.raise(
                code,
                now.isTrouble() ? Severity.WARNING : Severity.INFO,
                slot,
                now.isTrouble() ? now.reason() + "; applications are answered all the same" : "the input flows again");
    }

    static void diskChanged(Turn turn, Event.DiskChanged event) {
        turn.equipment(turn.equipment().withDisk(event.trouble()));
        turn.report();
    }
}
