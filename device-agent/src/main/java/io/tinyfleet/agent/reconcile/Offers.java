package io.tinyfleet.agent.reconcile;

import com.google.protobuf.ByteString;
import io.tinyfleet.agent.reconcile.Install.Accepted;
import io.tinyfleet.agent.reconcile.Install.Activating;
import io.tinyfleet.agent.reconcile.Install.Downloading;
import io.tinyfleet.agent.reconcile.Install.Verified;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.DesiredReason;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.protocol.v1.Severity;
import io.tinyfleet.protocol.v1.Variant;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** From a verified desired document to a model that may be activated: steps 1 to 8 of the installation. */
final class Offers {
    /** A trial that takes the whole board down each time must end some day. */
    private static final int MAX_TRIALS = 4;

    /** Reasons that speak of an attack, or of a mistake that looks like one. The others are old age or clumsiness. */
    private static final Set<String> HARMLESS = Set.of("expired", "root-expired", "malformed");

    private Offers() {}

    // ---- the document

    static void desiredVerified(Turn turn, Event.DesiredVerified event) {
        Desired desired = event.desired();
        if (desired.getSeq() < turn.desiredSeq()) {
            refuse(turn, "old-seq", "seq must grow: stored " + turn.desiredSeq() + ", got " + desired.getSeq());
            return;
        }
        if (desired.getSeq() == turn.desiredSeq()) {
            if (!turn.findDesiredDigest().equals(Optional.of(event.envelope()))) {
                refuse(turn, "same-seq-other-content", "seq " + desired.getSeq() + " is stored with other content");
            }
            return;
        }
        turn.desired(desired.getSeq(), event.envelope(), Instant.ofEpochMilli(desired.getIssuedAtMillis()));
        Pace pace = turn.pace().under(desired.getDownloadPolicy());
        boolean otherRules = !pace.policy().equals(turn.pace().policy());
        turn.pace(pace);
        Metadata.wanted(turn, desired);
        for (DesiredSlot wanted : desired.getSlotsList()) {
            want(turn, wanted);
        }
        if (otherRules) {
            Downloads.paceChanged(turn);
        }
        Metadata.advance(turn);
        turn.collectGarbage();
        turn.report();
    }

    static void messageRefused(Turn turn, Event.MessageRefused event) {
        Severity severity = HARMLESS.contains(event.code()) ? Severity.WARNING : Severity.SECURITY;
        turn.raise(event.eventCode(), severity, event.code() + ": " + event.sentence());
    }

    private static void refuse(Turn turn, String code, String sentence) {
        turn.raise("desired-refused", Severity.SECURITY, code + ": " + sentence);
    }

    private static void want(Turn turn, DesiredSlot wanted) {
        // A shadow that is no longer asked for gives its room to what comes instead.
        Shadows.want(turn, wanted);
        SlotState slot = turn.slot(new SlotName(wanted.getSlot()));
        if (wanted.getEmpty()) {
            empty(turn, slot);
            return;
        }
        if (wanted.getWindowSeconds() > 0) {
            turn.act(new Action.SetWindow(slot.name(), wanted.getWindowSeconds()));
        }
        Offer offer = Offer.of(wanted);
        if (slot.findOffer().filter(offer::sameWorkAs).isPresent()) {
            return;
        }
        if (offer.retry()) {
            turn.pardon(offer.artifact());
        }
        accept(turn, slot, offer);
        Shadows.otherWanted(turn, slot.name(), offer.artifact());
    }

    private static void empty(Turn turn, SlotState slot) {
        if (slot.active() != null) {
            turn.act(new Action.StopModel(slot.name()));
        }
        Installed previous = slot.active() != null && slot.active().confirmed() ? slot.active() : slot.previous();
        turn.put(SlotState.stored(slot.name(), null, previous, new Install.Untried(), Starts.NONE));
    }

    /** The newest offer wins: whatever was under way for an older one is dropped, its late answers too. */
    static void accept(Turn turn, SlotState before, Offer offer) {
        Accepted accepted = new Accepted(offer);
        SlotState slot = before.with(accepted).with((Work) new Work.Resting());
        turn.put(slot);
        Downloads.wakeQueued(turn);
        Digest artifact = offer.artifact();
        if (turn.inPenaltyBox(artifact)) {
            reject(
                    turn,
                    slot,
                    accepted,
                    "penalty-box",
                    "artifact " + artifact.shortHex()
                            + " has failed on this device before; an offer with retry lifts this");
            return;
        }
        if (!wayBack(turn, slot)) {
            Shadows.beginEither(turn, slot);
        }
    }

    /**
     * Back to what is held, without download and trial; stale metadata does not stop that. Whether the slot's offer is
     * such a way back and was dealt with.
     */
    private static boolean wayBack(Turn turn, SlotState slot) {
        if (!(slot.install() instanceof Accepted accepted) || !isWayBack(accepted.offer())) {
            return false;
        }
        Digest artifact = accepted.offer().artifact();
        // An offer of the running file under another release still brings another self-test: only the way back is
        // short.
        if (slot.runs(artifact)) {
            takeOver(turn, slot, accepted);
            return true;
        }
        Installed previous = slot.previous();
        if (previous == null || !previous.artifact().equals(artifact)) {
            return false;
        }
        if (Metadata.floorsAreOnTheirWay(turn)) {
            turn.put(slot.with((Work) new Work.Awaiting(Metadata.AWAITED)));
            return true;
        }
        // The floor holds for whoever orders it; only the device's own fall-back is exempt.
        Optional<String> belowFloor = Metadata.belowFloor(turn, previous);
        if (belowFloor.isPresent()) {
            reject(turn, slot, accepted, "below-floor", belowFloor.get());
            return true;
        }
        activate(
                turn,
                slot,
                accepted.activateHeld(Counters.NONE),
                previous.under(accepted.offer().attempt()));
        return true;
    }

    private static boolean isWayBack(Offer offer) {
        DesiredReason reason = offer.wanted().getReason();
        return reason == DesiredReason.ROLLBACK || reason == DesiredReason.WITHDRAWN;
    }

    /** The wanted artifact is the active one already: nothing to fetch, at most something to prove. */
    private static void takeOver(Turn turn, SlotState slot, Accepted accepted) {
        Installed active = slot.active();
        if (active != null && active.confirmed() && !active.isFactory()) {
            turn.put(slot.with(accepted.alreadyRunning()));
            turn.act(new Action.SetPhase(slot.name(), Phase.HEALTHY));
            return;
        }
        if (active != null) {
            AttemptId attempt = accepted.offer().attempt();
            boolean proves = active.isFactory() && !isWayBack(accepted.offer());
            activate(
                    turn,
                    slot,
                    accepted.activateHeld(Counters.NONE),
                    proves ? active.onTrialUnder(attempt) : active.under(attempt));
        }
    }

    /** Also after a restart: what the disk holds already is found, and only the rest is fetched. */
    static void begin(Turn turn, SlotState slot) {
        if (wayBack(turn, slot)) {
            return;
        }
        Offer offer = slot.findOffer().orElseThrow();
        if (!(slot.install() instanceof Verified)) {
            // Nothing new by stale heads; what is held and verified already is a matter of the trial only.
            if (Metadata.modelOf(turn, slot, Digest.fromBytes(offer.release().getSha256()))
                    .isEmpty()) {
                return;
            }
        }
        turn.put(slot.with((Work) new Work.Awaiting("release")));
        turn.act(new Action.FindBlob(slot.name(), offer.attempt(), Purpose.RELEASE, offer.release()));
    }

    /** Heads and floors have been verified: the slots that waited for them look again. */
    static void metadataReady(Turn turn) {
        for (SlotState slot : turn.lanes()) {
            if (awaitsMetadata(slot)) {
                Shadows.beginEither(turn, turn.current(slot));
            }
        }
    }

    /** Nothing newer will be known for now: the ways back go on by the floors that are stored. */
    static void metadataStale(Turn turn) {
        for (SlotState slot : turn.lanes()) {
            if (awaitsMetadata(slot)) {
                wayBack(turn, turn.current(slot));
            }
        }
    }

    static void metadataRefused(Turn turn, String code, String sentence) {
        metadataStale(turn);
        for (SlotState slot : turn.lanes()) {
            if (awaitsMetadata(slot)) {
                fail(turn, turn.current(slot), code, sentence, false);
            }
        }
    }

    private static boolean awaitsMetadata(SlotState slot) {
        return slot.work() instanceof Work.Awaiting awaiting && awaiting.what().equals(Metadata.AWAITED);
    }

    // ---- the release

    /** By the keys of the model under which the heads list it; a held file's model is known. */
    static void verifyRelease(Turn turn, SlotState slot, byte[] envelope) {
        Offer offer = slot.findOffer().orElseThrow();
        Digest release = Digest.fromBytes(offer.release().getSha256());
        Optional<String> model = slot.install() instanceof Verified verified
                ? Optional.of(verified.candidate().model())
                : Metadata.modelOf(turn, slot, release);
        if (model.isPresent()) {
            turn.put(slot.with((Work) new Work.Awaiting("release's signature")));
            turn.act(new Action.VerifyRelease(slot.name(), offer.attempt(), model.get(), release, envelope));
        }
    }

    static void releaseRefused(Turn turn, Event.ReleaseRefused event) {
        turn.findWorking(event.slot(), event.attempt()).ifPresent(slot -> {
            turn.raise("release-refused", Severity.SECURITY, slot, event.code() + ": " + event.sentence());
            fail(turn, slot, "release-refused", event.code() + ": " + event.sentence(), false);
        });
    }

    static void releaseVerified(Turn turn, Event.ReleaseVerified event) {
        Optional<SlotState> working = turn.findWorking(event.slot(), event.attempt());
        if (working.isEmpty()) {
            return;
        }
        SlotState slot = working.get();
        Offer offer = slot.findOffer().orElseThrow();
        Optional<Variant> variant = variantOf(event.release(), offer.wanted().getVariantSha256());
        if (variant.isEmpty()) {
            String sentence = "the release " + event.release().getModel() + " "
                    + event.release().getVersion() + " has no variant with the file "
                    + offer.artifact().shortHex();
            turn.raise("release-refused", Severity.SECURITY, slot, "variant-not-in-release: " + sentence);
            fail(turn, slot, "variant-not-in-release", sentence, false);
            return;
        }
        Installed candidate = new Installed(
                offer.artifact(),
                ReleaseId.fromBytes(event.release().getReleaseId()),
                event.release().getModel(),
                event.release().getVersion(),
                variant.get(),
                offer.attempt(),
                false,
                event.release().getSecurityVersion());
        Optional<String> belowFloor = Metadata.belowFloor(turn, candidate);
        if (belowFloor.isPresent()) {
            turn.raise("release-refused", Severity.SECURITY, slot, "below-floor: " + belowFloor.get());
            fail(turn, slot, "below-floor", belowFloor.get(), false);
            return;
        }
        if (slot.lane() == Lane.ANSWERS
                && slot.install() instanceof Accepted accepted
                && slot.runs(candidate.artifact(), candidate.release())) {
            takeOver(turn, slot.with((Work) new Work.Resting()), accepted);
            turn.report();
            return;
        }
        turn.put(slot.with((Work) new Work.Awaiting("limits")));
        turn.act(new Action.MeasureLimits(slot.name(), offer.attempt(), candidate, slot.lane()));
    }

    private static Optional<Variant> variantOf(Release release, ByteString sha256) {
        return release.getVariantsList().stream()
                .filter(variant -> variant.getTarget().getSha256().equals(sha256))
                .findFirst();
    }

    static void limitsMeasured(Turn turn, Event.LimitsMeasured event) {
        Optional<SlotState> working = turn.findWorking(event.slot(), event.attempt());
        if (working.isEmpty()) {
            return;
        }
        SlotState slot = working.get();
        Installed candidate = event.candidate();
        if (slot.install() instanceof Accepted accepted) {
            DeviceLimits limits = event.limits().promised(promisedFlash(turn, slot));
            Optional<LimitCheck.Excess> excess = LimitCheck.find(accepted.offer(), slot.bases(), candidate, limits);
            if (excess.isPresent()) {
                reject(turn, slot, accepted, excess.get().code(), excess.get().sentence());
                return;
            }
            slot = slot.with(accepted.download(
                    candidate, LimitCheck.withoutRoom(accepted.offer(), slot.bases(), candidate, limits)));
            turn.put(slot);
            turn.report();
        }
        Downloads.findChunkList(turn, slot);
    }

    /** What downloads of other slots will still take: each has its blob and the file made from it for sure. */
    private static long promisedFlash(Turn turn, SlotState asking) {
        Optional<Digest> wanted = asking.findOffer().map(Offer::artifact);
        long promised = 0;
        for (SlotState other : turn.lanes()) {
            boolean same = other.findOffer().map(Offer::artifact).equals(wanted);
            if (!same && other.install() instanceof Downloading downloading) {
                long whole = other.findEncoding()
                        .map(encoding -> Encodings.flashBytes(
                                encoding, downloading.candidate().size()))
                        .orElse(0L);
                promised += Math.max(0, whole - downloading.counters().bytesDone());
            }
        }
        return promised;
    }

    // ---- the trial

    static void modelHeld(Turn turn, Event.ModelHeld event) {
        Optional<SlotState> working = turn.findWorking(event.slot(), event.attempt());
        if (working.isEmpty()) {
            return;
        }
        SlotState slot = working.get();
        if (slot.install() instanceof Downloading downloading) {
            slot = slot.with(downloading
                    .counted(event.counters().andSpent(downloading.spent()))
                    .verify());
            turn.report();
        }
        slot = slot.with((Work) new Work.Resting());
        turn.put(slot);
        Downloads.wakeQueued(turn);
        if (slot.install() instanceof Verified verified) {
            prepareTrial(turn, slot, verified);
        }
    }

    private static void prepareTrial(Turn turn, SlotState slot, Verified verified) {
        Variant variant = verified.candidate().variant();
        if (!variant.hasSelfTest()) {
            beginTrial(turn, slot, null);
            return;
        }
        turn.put(slot.with((Work) new Work.Awaiting("self-test")));
        turn.act(new Action.FindBlob(
                slot.name(),
                verified.offer().attempt(),
                Purpose.SELF_TEST,
                BlobRef.newBuilder()
                        .setSha256(variant.getSelfTest().getVectorsSha256())
                        .setSize(variant.getSelfTest().getVectorsSize())
                        .build()));
    }

    static void beginTrial(Turn turn, SlotState slot, @Nullable Digest selfTest) {
        if (!(slot.install() instanceof Verified verified)) {
            return;
        }
        if (verified.trials() >= MAX_TRIALS) {
            fail(
                    turn,
                    slot,
                    "trial-interrupted",
                    "the trial was begun " + verified.trials() + " times and never came to an end",
                    true);
            return;
        }
        turn.put(slot.with(verified.beginTrial()).with((Work) new Work.Awaiting("trial")));
        turn.act(new Action.RunTrial(
                slot.name(), verified.offer().attempt(), verified.candidate(), selfTest, slot.lane()));
    }

    /** A trial reads its vectors from the disk: it must not blame the model for what the disk has lost. */
    static void blobNotStored(Turn turn, Event.BlobNotStored event) {
        for (SlotState slot : turn.lanes()) {
            if (slot.install() instanceof Verified verified
                    && verified.candidate().variant().hasSelfTest()
                    && verified.candidate()
                            .variant()
                            .getSelfTest()
                            .getVectorsSha256()
                            .equals(event.blob().toBytes())) {
                fail(turn, slot, event.code(), event.sentence(), false);
            }
        }
    }

    static void trialEnded(Turn turn, Event.TrialEnded event) {
        Optional<SlotState> working = turn.findWorking(event.slot(), event.attempt());
        if (working.isEmpty() || !(working.get().install() instanceof Verified verified)) {
            return;
        }
        SlotState slot = working.get();
        if (event.outcome() instanceof TrialOutcome.Failed failed) {
            fail(turn, slot, failed.code(), failed.sentence(), failed.blamesModel());
            return;
        }
        if (slot.lane() == Lane.SHADOWS) {
            Shadows.start(turn, slot, verified.shadow());
            return;
        }
        activate(turn, slot, verified.activate(), verified.candidate());
        turn.report();
    }

    // ---- ends

    /** One atomic write makes the new artifact active and counts its first start; only then is it loaded. */
    private static void activate(Turn turn, SlotState slot, Activating activating, Installed next) {
        Installed active = slot.active();
        Installed previous = slot.previous();
        Installed wayBack =
                active != null && active.confirmed() && !active.artifact().equals(next.artifact()) ? active : previous;
        if (wayBack != null && wayBack.artifact().equals(next.artifact())) {
            wayBack = null;
        }
        turn.put(slot.artifacts(next, wayBack)
                .with(activating)
                .with(Starts.NONE.count())
                .with(Serving.STARTING)
                .with((Work) new Work.Resting()));
        turn.act(new Action.StartModel(slot.name(), next, activating.phase()));
    }

    static void reject(Turn turn, SlotState slot, Accepted accepted, String code, String sentence) {
        SlotState ended = slot.with(accepted.reject(code, sentence)).with((Work) new Work.Resting());
        turn.put(ended);
        turn.raise(slot.event("rejected"), Severity.WARNING, ended, code + ": " + sentence);
        turn.collectGarbage();
        turn.report();
    }

    /** Before activation: the running model is not touched. */
    static void fail(Turn turn, SlotState slot, String code, String sentence, boolean blamesModel) {
        Optional<Install> failed = failed(slot.install(), code, sentence);
        if (failed.isEmpty()) {
            return;
        }
        if (blamesModel) {
            // A file that has proved itself here under another release is not to blame: the new release is.
            slot.findOffer()
                    .map(Offer::artifact)
                    .filter(artifact -> !slot.trusts(artifact))
                    .ifPresent(turn::punish);
        }
        SlotState ended = slot.with(failed.get()).with((Work) new Work.Resting());
        turn.put(ended);
        turn.raise(slot.event("failed"), Severity.ERROR, ended, code + ": " + sentence);
        Downloads.wakeQueued(turn);
        turn.collectGarbage();
        turn.report();
    }

    private static Optional<Install> failed(Install install, String code, String sentence) {
        if (install instanceof Accepted accepted) {
            return Optional.of(accepted.fail(code, sentence));
        }
        if (install instanceof Downloading downloading) {
            return Optional.of(downloading.fail(code, sentence));
        }
        if (install instanceof Verified verified) {
            return Optional.of(verified.fail(code, sentence));
        }
        if (install instanceof Install.Shadowing shadowing) {
            return Optional.of(shadowing.fail(code, sentence));
        }
        return Optional.empty();
    }
}
