package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Encoding;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One slot: what runs, the way back, and the newest attempt. {@code serving} and {@code work} are forgotten at a stop.
 *
 * <p>A shadow is a slot's second lane: its active and previous models are those of the slot it stands beside, the rest
 * is its own.
 *
 * @param previous confirmed here before; pinned on disk
 */
public record SlotState(
        SlotName name,
        Lane lane,
        @Nullable Installed active,
        @Nullable Installed previous,
        Install install,
        Starts starts,
        Serving serving,
        Work work) {

    static SlotState empty(SlotName name) {
        return stored(name, null, null, new Install.Untried(), Starts.NONE);
    }

    /** A slot as the disk holds it. */
    public static SlotState stored(
            SlotName name, @Nullable Installed active, @Nullable Installed previous, Install install, Starts starts) {
        return new SlotState(
                name, Lane.ANSWERS, active, previous, install, starts, Serving.STOPPED, new Work.Resting());
    }

    /** A shadow of this slot as the disk holds it. */
    public SlotState shadowed(Install itsInstall, Starts itsStarts) {
        return new SlotState(
                name, Lane.SHADOWS, active, previous, itsInstall, itsStarts, Serving.STOPPED, new Work.Resting());
    }

    /** The same shadow beside what its slot runs now. */
    SlotState beside(SlotState slot) {
        return artifacts(slot.active, slot.previous);
    }

    /** Names this lane of this slot among all. */
    String key() {
        return lane == Lane.ANSWERS ? name.value() : name + "/shadow";
    }

    /** The code of an event about this lane's attempt. */
    String event(String what) {
        return (lane == Lane.ANSWERS ? "install-" : "shadow-") + what;
    }

    /** It runs the image's model and the server has never wanted another. */
    boolean runsFactoryUnasked() {
        return active != null && active.isFactory() && install instanceof Install.Untried;
    }

    SlotState durable() {
        // Whatever the image brings next time runs then.
        boolean factory = active != null && active.isFactory();
        return new SlotState(
                name,
                lane,
                factory ? null : active,
                previous,
                install.durable(),
                starts.durable(),
                Serving.STOPPED,
                new Work.Resting());
    }

    SlotState with(Install next) {
        return new SlotState(name, lane, active, previous, next, starts, serving, work);
    }

    SlotState with(Work next) {
        return new SlotState(name, lane, active, previous, install, starts, serving, next);
    }

    SlotState with(Serving next) {
        return new SlotState(name, lane, active, previous, install, starts, next, work);
    }

    SlotState with(Starts next) {
        return new SlotState(name, lane, active, previous, install, next, serving, work);
    }

    SlotState artifacts(@Nullable Installed newActive, @Nullable Installed newPrevious) {
        return new SlotState(name, lane, newActive, newPrevious, install, starts, serving, work);
    }

    Optional<Offer> findOffer() {
        return Optional.ofNullable(install.offer());
    }

    /** The newest offer, if it is the one with this id: an answer to an older question is nobody's. */
    boolean works(AttemptId attempt) {
        return findOffer().filter(offer -> offer.attempt().equals(attempt)).isPresent();
    }

    /** What a delta may start from: these stay on disk while an attempt is under way. */
    Set<Digest> bases() {
        return Stream.of(Optional.ofNullable(active), Optional.ofNullable(previous))
                .flatMap(Optional::stream)
                .map(Installed::artifact)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** The way that the newest offer's file comes, or would come. */
    Optional<Encoding> findEncoding() {
        Set<Digest> setAside = install instanceof Install.Downloading downloading ? downloading.setAside() : Set.of();
        return findOffer().flatMap(offer -> Encodings.findCheapest(offer, bases(), setAside));
    }

    boolean runs(Digest artifact) {
        return active != null && active.artifact().equals(artifact);
    }

    boolean runs(Digest artifact, ReleaseId release) {
        return active != null && runs(artifact) && active.release().equals(release);
    }

    /** The file has passed its probation in this slot and is its active model or its way back. */
    boolean trusts(Digest artifact) {
        return Stream.of(Optional.ofNullable(active), Optional.ofNullable(previous))
                .flatMap(Optional::stream)
                .anyMatch(installed ->
                        installed.confirmed() && installed.artifact().equals(artifact));
    }

    /** The active model is the one of the newest attempt and that attempt is not confirmed yet. */
    boolean onTrial() {
        return install instanceof Install.Activating || install instanceof Install.Probation;
    }
}
