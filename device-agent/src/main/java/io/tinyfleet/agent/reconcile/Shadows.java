package io.tinyfleet.agent.reconcile;

import io.tinyfleet.agent.reconcile.Install.Accepted;
import io.tinyfleet.agent.reconcile.Install.Shadowed;
import io.tinyfleet.agent.reconcile.Install.Shadowing;
import io.tinyfleet.agent.reconcile.Install.Verified;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.Severity;
import io.tinyfleet.protocol.v1.Shadow;
import java.util.Optional;

/**
 * A second model beside a slot's own: fetched, verified and tried as any offer is, then run on the same inputs. It never
 * answers, and whatever goes wrong with it ends it alone. Step 7 of the installation.
 */
final class Shadows {
    /** How far a shadow has come is reported this often, in running time. */
    private static final long REPORT_MILLIS = 30_000;

    /** In the work of a shadow whose slot runs nothing yet. */
    private static final String ACTIVE = "a model to stand beside";

    private Shadows() {}

    // ---- what is wanted

    /** The document is the whole truth about shadows too: one that it does not name ends. */
    static void want(Turn turn, DesiredSlot wanted) {
        SlotName name = new SlotName(wanted.getSlot());
        Optional<SlotState> before = turn.findShadow(name);
        if (wanted.getEmpty() || !wanted.hasShadow()) {
            before.ifPresent(shadow -> remove(turn, shadow));
            return;
        }
        Offer offer = Offer.shadowIn(wanted);
        if (before.filter(Shadows::wanted)
                .flatMap(SlotState::findOffer)
                .filter(offer::sameWorkAs)
                .isPresent()) {
            return;
        }
        before.ifPresent(shadow -> stop(turn, shadow));
        Offers.accept(turn, turn.slot(name).shadowed(new Install.Untried(), Starts.NONE), offer);
    }

    /** The file of a shadow that was removed is kept for an install of it, and no longer than until another offer. */
    static void otherWanted(Turn turn, SlotName name, Digest artifact) {
        turn.findShadow(name)
                .filter(shadow -> !wanted(shadow))
                .filter(shadow -> shadow.findOffer()
                        .filter(offer -> offer.artifact().equals(artifact))
                        .isEmpty())
                .ifPresent(shadow -> turn.dropShadow(name));
    }

    /** Whether the document asks for it; one that was removed is only a file that is kept. */
    static boolean wanted(SlotState shadow) {
        return !(shadow.install() instanceof Shadowed over && over.removed());
    }

    private static void remove(Turn turn, SlotState shadow) {
        stop(turn, shadow);
        Install install = shadow.install();
        if (install instanceof Shadowing shadowing) {
            keep(turn, shadow, shadowing.end(Shadowed.REMOVED, ""));
        } else if (install instanceof Verified verified) {
            keep(turn, shadow, verified.end(Shadowed.REMOVED, ""));
        } else if (install instanceof Shadowed over) {
            keep(turn, shadow, over.remove());
        } else {
            turn.dropShadow(shadow.name());
        }
        Downloads.wakeQueued(turn);
    }

    private static void keep(Turn turn, SlotState shadow, Shadowed over) {
        turn.put(shadow.with(over).with(Serving.STOPPED).with((Work) new Work.Resting()));
    }

    private static void stop(Turn turn, SlotState shadow) {
        if (shadow.install() instanceof Shadowing) {
            turn.actFirst(new Action.StopShadow(shadow.name()));
        }
    }

    // ---- the way to it

    /** Begins an offer; a shadow's only beside another model that runs. */
    static void beginEither(Turn turn, SlotState slot) {
        if (slot.lane() == Lane.ANSWERS) {
            Offers.begin(turn, slot);
            return;
        }
        Installed active = slot.active();
        if (active == null) {
            turn.put(slot.with((Work) new Work.Awaiting(ACTIVE)));
        } else if (slot.install() instanceof Accepted accepted
                && active.artifact().equals(accepted.offer().artifact())) {
            Offers.reject(
                    turn,
                    slot,
                    accepted,
                    "same-as-active",
                    active.model() + " " + active.version() + " is what the slot runs: there is nothing to compare");
        } else {
            Offers.begin(turn, slot);
        }
    }

    /** Counted and stored before it is loaded: one that takes the board down with it is not started for ever. */
    static void start(Turn turn, SlotState shadow, Shadowing shadowing) {
        if (shadow.starts().crashLoop()) {
            Offers.fail(
                    turn,
                    shadow,
                    "shadow-interrupted",
                    "it was started " + shadow.starts().sinceMinute()
                            + " times without one minute of running time between",
                    false);
            return;
        }
        turn.put(shadow.with(shadowing)
                .with(shadow.starts().count())
                .with(Serving.STARTING)
                .with((Work) new Work.Resting()));
        turn.act(new Action.StartShadow(
                shadow.name(),
                shadowing.offer().attempt(),
                shadowing.candidate(),
                shadowing.offer().shadow().getShare()));
        turn.report();
    }

    /** After a stop of any kind: the slots first, then what shadows them. */
    static void agentStarted(Turn turn) {
        for (SlotState shadow : turn.shadows()) {
            Install install = shadow.install();
            if (install instanceof Shadowing shadowing) {
                start(turn, shadow, shadowing);
            } else if (install instanceof Accepted
                    || install instanceof Install.Downloading
                    || install instanceof Verified) {
                beginEither(turn, turn.current(shadow));
            }
        }
    }

    static void stopAsked(Turn turn) {
        for (SlotState shadow : turn.shadows()) {
            if (shadow.install() instanceof Shadowing shadowing) {
                turn.put(shadow.with(shadowing.store()));
            }
        }
    }

    // ---- the running shadow

    static void started(Turn turn, Event.ShadowStarted event) {
        turn.findWorking(event.slot(), event.attempt())
                .filter(shadow -> shadow.install() instanceof Shadowing)
                .ifPresent(shadow -> turn.put(shadow.with(Serving.RUNNING)));
    }

    /** It is not started again: what a shadow does wrong is a result too, and the slot's model is what matters. */
    static void ended(Turn turn, Event.ShadowEnded event) {
        turn.findWorking(event.slot(), event.attempt())
                .filter(shadow -> shadow.install() instanceof Shadowing)
                .ifPresent(shadow -> {
                    stop(turn, shadow);
                    Offers.fail(turn, shadow.with(Serving.STOPPED), event.code(), event.sentence(), false);
                });
    }

    static void served(Turn turn, Event.ShadowServed event) {
        Optional<SlotState> working = turn.findWorking(event.slot(), event.attempt());
        if (working.isEmpty() || !(working.get().install() instanceof Shadowing before)) {
            return;
        }
        SlotState shadow =
                working.get().with(working.get().starts().serve(event.more().millis()));
        Shadowing now = before.serve(event.more());
        Shadow plan = now.offer().shadow();
        long inputs = now.served().inferences();
        long seconds = now.served().seconds();
        if (plan.getMaxInputs() > 0 && inputs >= plan.getMaxInputs()
                || plan.getMaxSeconds() > 0 && seconds >= plan.getMaxSeconds()) {
            String sentence = inputs + " inputs were compared in " + seconds + " running seconds";
            end(turn, shadow, now.end("bound-reached", sentence));
            return;
        }
        boolean minute = now.served().millis() - now.stored().millis() >= Starts.MINUTE_MILLIS;
        turn.put(shadow.with(minute ? now.store() : now));
        if (now.served().millis() / REPORT_MILLIS != before.served().millis() / REPORT_MILLIS) {
            turn.report();
        }
    }

    private static void end(Turn turn, SlotState shadow, Shadowed over) {
        stop(turn, shadow);
        SlotState ended = shadow.with(over).with(Serving.STOPPED).with((Work) new Work.Resting());
        turn.put(ended);
        turn.raise("shadow-ended", Severity.INFO, ended, over.reason() + ": " + over.detail());
        turn.report();
    }

    // ---- what a step has made of the slot beside it

    /** Whatever has changed the slot's own model: a shadow stands beside another model or not at all. */
    static void settle(Turn turn) {
        for (SlotState shadow : turn.shadows()) {
            Installed active = shadow.active();
            Install install = shadow.install();
            boolean awaited = shadow.work() instanceof Work.Awaiting awaiting
                    && awaiting.what().equals(ACTIVE);
            if (active == null) {
                if (install instanceof Shadowing) {
                    stop(turn, shadow);
                    Offers.fail(
                            turn,
                            shadow.with(Serving.STOPPED),
                            "no-active-model",
                            "the slot runs nothing any more that it could be compared with",
                            false);
                }
            } else if (awaited) {
                beginEither(turn, shadow.with((Work) new Work.Resting()));
            } else if (install instanceof Shadowing shadowing
                    && shadow.runs(shadowing.candidate().artifact())) {
                end(
                        turn,
                        shadow,
                        shadowing.end("became-active", active.model() + " " + active.version() + " answers now"));
            } else if (!wanted(shadow)
                    && shadow.runs(shadow.findOffer().orElseThrow().artifact())) {
                // The slot itself keeps the file from now on.
                turn.dropShadow(shadow.name());
            }
        }
    }

    /** The file that a shadow keeps on the disk. */
    static Optional<Digest> findFile(SlotState slot) {
        if (slot.install() instanceof Shadowing shadowing) {
            return Optional.of(shadowing.candidate().artifact());
        }
        return slot.install() instanceof Shadowed over
                ? Optional.of(over.candidate().artifact())
                : Optional.empty();
    }
}
