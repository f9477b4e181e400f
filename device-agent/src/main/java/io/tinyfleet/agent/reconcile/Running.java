package io.tinyfleet.agent.reconcile;

import io.tinyfleet.agent.reconcile.Install.Activating;
import io.tinyfleet.agent.reconcile.Install.Healthy;
import io.tinyfleet.agent.reconcile.Install.Idle;
import io.tinyfleet.agent.reconcile.Install.Probation;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Severity;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/** The active model: starts counted before they are made, probation, and the way back. Steps 9 to 11 and F. */
final class Running {
    /** Wait before a worker that ended by itself is started again; doubles with each start. */
    static final Duration RESTART = Duration.ofSeconds(1);

    static final Duration MAX_RESTART = Duration.ofSeconds(60);

    /** Probation in progress is reported this often, in running time. */
    private static final long REPORT_MILLIS = 30_000;

    /** A worker's end that a model on probation is left for at once. */
    private static final String OVER_MEMORY_LIMIT = "over-memory-limit";

    private static final String SPOILED = "model-spoiled";

    private Running() {}

    // ---- the process

    static void started(Turn turn) {
        for (SlotState slot : turn.slots()) {
            if (slot.serving() == Serving.STOPPED) {
                startActive(turn, slot);
            }
            SlotState now = turn.slot(slot.name());
            if (now.install() instanceof Install.Accepted
                    || now.install() instanceof Install.Downloading
                    || now.install() instanceof Install.Verified) {
                Offers.begin(turn, now);
            }
        }
        Shadows.agentStarted(turn);
        Metadata.advance(turn);
        turn.collectGarbage();
        turn.report();
    }

    static void stopAsked(Turn turn) {
        for (SlotState slot : turn.slots()) {
            // What was served so far in a probation is stored, so that a clean stop costs no running time.
            if (slot.install() instanceof Probation probation) {
                turn.put(slot.with(probation.store()));
            }
        }
        Shadows.stopAsked(turn);
        turn.report();
    }

    static void restartAsked(Turn turn) {
        for (SlotState slot : turn.slots()) {
            if (slot.active() != null) {
                turn.put(slot.with(Serving.STARTING));
                turn.act(new Action.StartModel(slot.name(), slot.active(), phaseOfActive(slot)));
            }
        }
    }

    // ---- starts

    /** Counts, then starts; a model that keeps dying is left instead. */
    private static void startActive(Turn turn, SlotState slot) {
        Installed active = slot.active();
        if (active == null) {
            return;
        }
        if (slot.starts().exhausted(active.confirmed()) && canLeave(turn, slot)) {
            leave(
                    turn,
                    slot,
                    "crash-loop",
                    "started " + slot.starts().inProbation() + " times, "
                            + slot.starts().sinceMinute() + " of them without one served minute between");
            return;
        }
        SlotState starting = slot.with(slot.starts().count()).with(Serving.STARTING);
        turn.put(starting);
        turn.act(new Action.StartModel(slot.name(), active, phaseOfActive(starting)));
    }

    /**
     * What has passed its probation needs no counting: it may run for as long as the disk takes nothing. A model on
     * probation might take the board down with each start, and nobody would know how often.
     */
    static void diskRefused(Turn turn, Event.DiskRefused event) {
        for (SlotState slot : turn.slots()) {
            Installed active = slot.active();
            boolean silent = slot.serving() == Serving.STOPPED || slot.serving() == Serving.WAITING;
            if (active == null || !silent) {
                continue;
            }
            Installed previous = slot.previous();
            Installed trusted = active.confirmed() || previous == null ? active : previous;
            turn.put(slot.with(Serving.STARTING));
            turn.act(new Action.StartModel(slot.name(), trusted, Phase.HEALTHY));
        }
        turn.raise(event.code(), Severity.ERROR, event.sentence() + "; nothing new is installed until it does");
    }

    private static Phase phaseOfActive(SlotState slot) {
        Installed active = slot.active();
        boolean newest = active != null && slot.works(active.attempt());
        return newest ? slot.install().phase() : Phase.HEALTHY;
    }

    static void modelStarted(Turn turn, Event.ModelStarted event) {
        SlotState slot = turn.slot(event.slot());
        if (!slot.runs(event.artifact())) {
            return;
        }
        slot = slot.with(Serving.RUNNING);
        turn.put(slot);
        if (!(slot.install() instanceof Activating activating)) {
            return;
        }
        Installed active = slot.active();
        if (active != null && active.confirmed()) {
            confirm(turn, slot, activating.confirmedBefore());
            return;
        }
        turn.put(slot.with(activating.probate()));
        turn.act(new Action.SetPhase(slot.name(), Phase.PROBATION));
        turn.report();
    }

    static void modelStartFailed(Turn turn, Event.ModelStartFailed event) {
        SlotState slot = turn.slot(event.slot());
        if (!slot.runs(event.artifact())) {
            return;
        }
        if (event.code().equals(SPOILED)) {
            spoiled(turn, slot, event.sentence());
            return;
        }
        if (slot.install() instanceof Activating && slot.starts().inProbation() <= 1) {
            // It passed its trial and cannot be started now: the way back first, the search for why later.
            leave(turn, slot, event.code(), event.sentence());
            return;
        }
        ended(turn, slot, event.code(), event.sentence());
    }

    /** The disk is to blame, not the model: to what else is held, or the same file once more. */
    private static void spoiled(Turn turn, SlotState slot, String sentence) {
        if (slot.active() != null && slot.active().isFactory()) {
            Factories.spoiled(turn, slot, SPOILED, sentence);
            return;
        }
        turn.raise(SPOILED, Severity.ERROR, slot, sentence);
        if (slot.previous() != null) {
            leave(turn, slot, SPOILED, sentence, false);
            return;
        }
        Optional<Offer> offer = slot.findOffer()
                .filter(newest -> slot.runs(newest.artifact()) && !(slot.install() instanceof Install.RolledBack));
        SlotState empty = slot.artifacts(null, null).with(Starts.NONE).with(Serving.STOPPED);
        turn.put(offer.isPresent() ? empty.with(new Install.Accepted(offer.get())) : empty);
        turn.act(new Action.StopModel(slot.name()));
        turn.report();
        if (offer.isPresent()) {
            Offers.begin(turn, turn.slot(slot.name()));
        }
    }

    static void modelNoticed(Turn turn, Event.ModelNoticed event) {
        turn.raise(event.code(), Severity.WARNING, turn.slot(event.slot()), event.sentence());
    }

    static void modelExited(Turn turn, Event.ModelExited event) {
        SlotState slot = turn.slot(event.slot());
        if (slot.runs(event.artifact()) && slot.serving() != Serving.WAITING) {
            ended(turn, slot, event.code(), event.sentence());
        }
    }

    /** Starts again after a while, longer each time, unless it is a loop. */
    private static void ended(Turn turn, SlotState slot, String code, String sentence) {
        turn.raise("model-ended", Severity.WARNING, slot, code + ": " + sentence);
        if (code.equals(OVER_MEMORY_LIMIT) && slot.onTrial()) {
            // No power cut looks like this: a leak that takes longer than a minute must not pass its probation.
            leave(turn, slot, code, sentence);
            return;
        }
        if (slot.starts().crashLoop() && canLeave(turn, slot)) {
            leave(
                    turn,
                    slot,
                    "crash-loop",
                    "started " + slot.starts().inProbation() + " times, the last end: " + code + ": " + sentence);
            return;
        }
        turn.put(slot.with(Serving.WAITING));
        Duration wait = RESTART.multipliedBy(1L << Math.min(slot.starts().sinceMinute(), 10));
        turn.act(new Action.StartTimer(
                "restart/" + slot.name(),
                wait.compareTo(MAX_RESTART) < 0 ? wait : MAX_RESTART,
                new Event.RestartDue(slot.name())));
    }

    /** A confirmed model without a way back is tried for ever: there is nothing better to run. */
    private static boolean canLeave(Turn turn, SlotState slot) {
        return slot.onTrial()
                || slot.previous() != null
                || Factories.findOther(turn, slot).isPresent()
                || (slot.active() != null && !slot.active().confirmed());
    }

    static void restartDue(Turn turn, SlotName name) {
        SlotState slot = turn.slot(name);
        if (slot.serving() != Serving.WAITING) {
            return;
        }
        startActive(turn, slot);
    }

    // ---- probation

    static void modelServed(Turn turn, Event.ModelServed event) {
        SlotState slot = turn.slot(event.slot());
        if (!slot.runs(event.artifact()) || slot.serving() != Serving.RUNNING) {
            return;
        }
        slot = slot.with(slot.starts().serve(event.more().millis()));
        turn.put(slot);
        if (!(slot.install() instanceof Probation before)) {
            return;
        }
        if (event.violation() != null) {
            leave(turn, slot, event.violation().code(), event.violation().sentence());
            return;
        }
        judge(turn, slot, before, before.serve(event.more()));
    }

    private static void judge(Turn turn, SlotState slot, Probation before, Probation probation) {
        io.tinyfleet.protocol.v1.Probation plan = probation.offer().probation();
        long seconds = probation.served().seconds();
        long inferences = probation.served().inferences();
        boolean longEnough = seconds >= Integer.toUnsignedLong(plan.getRunningSeconds());
        boolean enough = inferences >= plan.getMinInferences();
        if (longEnough && enough) {
            confirm(turn, slot, probation.confirm());
            return;
        }
        long deadline = Integer.toUnsignedLong(plan.getDeadlineSeconds());
        if (deadline > 0 && seconds >= deadline && longEnough) {
            idle(
                    turn,
                    slot,
                    probation.idle(inferences + " inferences in " + seconds + " running seconds, "
                            + plan.getMinInferences() + " were wanted"));
            return;
        }
        boolean minute = probation.served().millis() - probation.stored().millis() >= Starts.MINUTE_MILLIS;
        turn.put(slot.with(minute ? probation.store() : probation));
        if (probation.served().millis() / REPORT_MILLIS != before.served().millis() / REPORT_MILLIS) {
            turn.report();
        }
    }

    private static void idle(Turn turn, SlotState slot, Idle idle) {
        SlotState ended = slot.with(idle);
        turn.put(ended);
        turn.act(new Action.SetPhase(slot.name(), Phase.IDLE));
        turn.raise("install-idle", Severity.WARNING, ended, idle.detail());
        turn.report();
    }

    private static void confirm(Turn turn, SlotState slot, Healthy healthy) {
        Installed active = Objects.requireNonNull(slot.active());
        SlotState confirmed = slot.artifacts(active.confirm(), slot.previous())
                .with(healthy)
                .with(slot.starts().confirm());
        turn.put(confirmed);
        turn.act(new Action.SetPhase(slot.name(), Phase.HEALTHY));
        turn.raise(
                "install-healthy", Severity.INFO, confirmed, active.model() + " " + active.version() + " is confirmed");
        turn.collectGarbage();
        turn.report();
    }

    // ---- the way back

    /** At once: the previous model runs again, the bad artifact goes into the penalty box. */
    private static void leave(Turn turn, SlotState slot, String code, String sentence) {
        leave(turn, slot, code, sentence, true);
    }

    private static void leave(Turn turn, SlotState slot, String code, String sentence, boolean blamesModel) {
        Installed bad = slot.active();
        if (bad == null) {
            return;
        }
        if (blamesModel) {
            turn.punish(bad.artifact());
        }
        // A fall-back out of an unconfirmed model is exempt from the floor: better an old model than none. Once the new
        // one is confirmed, nothing under the floor is started any more.
        Optional<String> belowFloor = Optional.ofNullable(slot.previous())
                .filter(previous -> bad.confirmed())
                .flatMap(previous -> Metadata.belowFloor(turn, previous));
        Installed back = belowFloor.isPresent() ? null : slot.previous();
        SlotState left = slot.artifacts(back, null)
                .with(Starts.NONE)
                .with(Serving.STOPPED)
                .with(rolledBack(slot, bad, code, sentence));
        turn.put(left);
        Optional<Installed> factory = Factories.findOther(turn, slot);
        String way = back != null
                ? "back to " + back.model() + " " + back.version()
                : factory.map(model -> "there is no previous model, back to this device's factory model "
                                + model.model() + " " + model.version())
                        .orElse("there is no previous model, the slot runs nothing");
        turn.raise("rolled-back", Severity.ERROR, left, code + ": " + sentence + "; " + way);
        belowFloor.ifPresent(why -> turn.raise("below-floor", Severity.ERROR, left, why + ": it is not gone back to"));
        if (back == null) {
            turn.act(new Action.StopModel(slot.name()));
        } else {
            startActive(turn, left);
        }
        turn.collectGarbage();
        turn.report();
    }

    /** Only the attempt that brought the bad artifact is to blame; a newer one under way goes on. */
    private static Install rolledBack(SlotState slot, Installed bad, String code, String sentence) {
        if (!slot.works(bad.attempt())) {
            return slot.install();
        }
        Install install = slot.install();
        Optional<Install> ended = Optional.empty();
        if (install instanceof Activating activating) {
            ended = Optional.of(activating.rollBack(code, sentence));
        } else if (install instanceof Probation probation) {
            ended = Optional.of(probation.rollBack(code, sentence));
        } else if (install instanceof Healthy healthy) {
            ended = Optional.of(healthy.rollBack(code, sentence));
        } else if (install instanceof Idle idle) {
            ended = Optional.of(idle.rollBack(code, sentence));
        }
        return ended.orElse(install);
    }
}
