package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.trust.RoleName;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.Chunk;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.Floors;
import io.tinyfleet.protocol.v1.Heads;
import io.tinyfleet.protocol.v1.Release;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Something that has happened. An answer from the edge names slot and attempt; one that is not current is dropped. */
public sealed interface Event {

    /** Calls the one method of the turn that handles this event. */
    void applyTo(Turn turn);

    // ---- the process

    /** The stored state has been read: start what runs here, go on with what was under way. */
    record Started() implements Event {
        @Override
        public void applyTo(Turn turn) {
            Running.started(turn);
        }
    }

    /** The models of the device's image; those of other slots stay as they were. Comes before {@code Started}. */
    record FactoriesLooked(Map<SlotName, Factory> factories) implements Event {
        public FactoriesLooked {
            factories = Map.copyOf(factories);
        }

        @Override
        public void applyTo(Turn turn) {
            Factories.looked(turn, this);
        }
    }

    record StopAsked() implements Event {
        @Override
        public void applyTo(Turn turn) {
            Running.stopAsked(turn);
        }
    }

    // ---- the link

    record Connected() implements Event {
        @Override
        public void applyTo(Turn turn) {
            Downloads.connected(turn);
            Metadata.connected(turn);
        }
    }

    record Disconnected() implements Event {
        @Override
        public void applyTo(Turn turn) {
            turn.connected(false);
        }
    }

    /** Signature, root, device and expiry have been checked. */
    record DesiredVerified(Desired desired, Digest envelope) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Offers.desiredVerified(turn, this);
        }
    }

    /**
     * The root on disk: at start, and after each step.
     *
     * @param rotated roles whose keys are others than those of the root that was held before
     */
    record RootHeld(long version, Instant issuedAt, Set<RoleName> rotated) implements Event {
        public RootHeld {
            rotated = Set.copyOf(rotated);
        }

        @Override
        public void applyTo(Turn turn) {
            Metadata.rootHeld(turn, this);
        }
    }

    /** A message from the broker that was refused before it could mean anything: nothing else changes. */
    record MessageRefused(String eventCode, String code, String sentence) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Offers.messageRefused(turn, this);
        }
    }

    /** @param way the one it came by: OWN, SHARED or LINK */
    record ChunkArrived(Chunk chunk, Way way) implements Event {
        public ChunkArrived(Chunk chunk) {
            this(chunk, Way.OWN);
        }

        @Override
        public void applyTo(Turn turn) {
            Metadata.chunkArrived(turn, chunk);
            Arrivals.chunkArrived(turn, this);
        }
    }

    /** The broker has answered the subscription to a blob's topic. */
    record SharedJoined(Digest blob, boolean granted) implements Event {
        @Override
        public void applyTo(Turn turn) {
            OtherWays.sharedJoined(turn, this);
        }
    }

    /** A fetch by HTTPS is over; whatever came of it has come. {@code code} is empty when all of it came. */
    record LinkEnded(SlotName slot, AttemptId attempt, Digest blob, String code, String sentence) implements Event {
        @Override
        public void applyTo(Turn turn) {
            OtherWays.linkEnded(turn, this);
        }
    }

    record RefreshAsked() implements Event {
        @Override
        public void applyTo(Turn turn) {
            turn.report();
        }
    }

    /** Workers are started anew, one after the other, without counting as crashes. */
    record RestartAsked() implements Event {
        @Override
        public void applyTo(Turn turn) {
            Running.restartAsked(turn);
        }
    }

    // ---- timers

    record NeedTimeout(SlotName slot, Lane lane) implements Event {
        public NeedTimeout(SlotName slot) {
            this(slot, Lane.ANSWERS);
        }

        @Override
        public void applyTo(Turn turn) {
            Downloads.needTimeout(turn, this);
        }
    }

    /** Something may be asked for that had to wait. */
    record DownloadDue(SlotName slot, Lane lane) implements Event {
        public DownloadDue(SlotName slot) {
            this(slot, Lane.ANSWERS);
        }

        @Override
        public void applyTo(Turn turn) {
            Downloads.downloadDue(turn, this);
        }
    }

    record RestartDue(SlotName slot) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Running.restartDue(turn, slot);
        }
    }

    // ---- the disk

    record BlobFound(SlotName slot, AttemptId attempt, Purpose purpose, byte[] content) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Downloads.blobFound(turn, this);
        }
    }

    record BlobAbsent(SlotName slot, AttemptId attempt, Purpose purpose, Digest blob, long size) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Downloads.blobAbsent(turn, this);
        }
    }

    /** The disk did not take a small blob. */
    record BlobNotStored(Digest blob, String code, String sentence) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Offers.blobNotStored(turn, this);
        }
    }

    /** The file is under {@code models/} and its hash is right. */
    record ModelHeld(SlotName slot, AttemptId attempt, Counters counters) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Offers.modelHeld(turn, this);
        }
    }

    /** No whole file; every place of the part file has been hashed. */
    record PartScanned(
            SlotName slot, AttemptId attempt, byte[] chunkList, Chunks held, Chunks before, Counters counters)
            implements Event {
        @Override
        public void applyTo(Turn turn) {
            Downloads.partScanned(turn, this);
        }
    }

    /** All chunks were here, yet the whole has another hash, or the disk failed. */
    record ModelRefused(SlotName slot, AttemptId attempt, String code, String sentence) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Downloads.modelRefused(turn, this);
        }
    }

    /** One of the offered encodings does not lead to the file; another may. */
    record EncodingRefused(SlotName slot, AttemptId attempt, Digest blob, String code, String sentence)
            implements Event {
        @Override
        public void applyTo(Turn turn) {
            Downloads.encodingRefused(turn, this);
        }
    }

    // ---- heads and floors

    record MetadataFound(BlobRef blob, byte[] content) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Metadata.found(turn, this);
        }
    }

    record MetadataAbsent(BlobRef blob) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Metadata.absent(turn, this);
        }
    }

    record MetadataTimeout(Digest blob) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Metadata.timeout(turn, blob);
        }
    }

    record HeadsVerified(Heads heads, Digest envelope) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Metadata.headsVerified(turn, this);
        }
    }

    record FloorsVerified(Floors floors, Digest envelope) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Metadata.floorsVerified(turn, this);
        }
    }

    /** {@code what} is {@code heads} or {@code floors}. */
    record MetadataRefused(String what, Digest envelope, String code, String sentence) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Metadata.metadataRefused(turn, this);
        }
    }

    // ---- judgements at the edge

    record ReleaseVerified(SlotName slot, AttemptId attempt, Release release) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Offers.releaseVerified(turn, this);
        }
    }

    record ReleaseRefused(SlotName slot, AttemptId attempt, String code, String sentence) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Offers.releaseRefused(turn, this);
        }
    }

    record LimitsMeasured(SlotName slot, AttemptId attempt, Installed candidate, DeviceLimits limits) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Offers.limitsMeasured(turn, this);
        }
    }

    // ---- workers

    record TrialEnded(SlotName slot, AttemptId attempt, TrialOutcome outcome) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Offers.trialEnded(turn, this);
        }
    }

    record ModelStarted(SlotName slot, Digest artifact) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Running.modelStarted(turn, this);
        }
    }

    record ModelStartFailed(SlotName slot, Digest artifact, String code, String sentence) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Running.modelStartFailed(turn, this);
        }
    }

    /** A worker that was running ended by itself. */
    record ModelExited(SlotName slot, Digest artifact, String code, String sentence) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Running.modelExited(turn, this);
        }
    }

    /** How the inputs of slots do now; also when nothing has changed. */
    record InputsSeen(Map<SlotName, SlotInput> inputs) implements Event {
        public InputsSeen {
            inputs = Map.copyOf(inputs);
        }

        @Override
        public void applyTo(Turn turn) {
            Inputs.seen(turn, this);
        }
    }

    /** The disk has begun to refuse what it is given, or takes it again. */
    record DiskChanged(Trust.@Nullable Trouble trouble) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Inputs.diskChanged(turn, this);
        }
    }

    /** The disk does not take the state, so no start can be counted: what is trusted runs all the same. */
    record DiskRefused(String code, String sentence) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Running.diskRefused(turn, this);
        }
    }

    /** Something that people should know of a start or a trial, as code and sentence; nothing is wrong with the model. */
    record ModelNoticed(SlotName slot, Digest artifact, String code, String sentence) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Running.modelNoticed(turn, this);
        }
    }

    /**
     * Running time and inferences since the last such event.
     *
     * @param violation a broken budget of the release, as code and sentence; null when all are kept
     */
    record ModelServed(
            SlotName slot,
            Digest artifact,
            Served more,
            @Nullable Violation violation) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Running.modelServed(turn, this);
        }
    }

    // ---- shadows

    record ShadowStarted(SlotName slot, AttemptId attempt) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Shadows.started(turn, this);
        }
    }

    /** It could not be started, ended by itself, or was ended for what it did. */
    record ShadowEnded(SlotName slot, AttemptId attempt, String code, String sentence) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Shadows.ended(turn, this);
        }
    }

    /** Running time and compared inputs since the last such event. */
    record ShadowServed(SlotName slot, AttemptId attempt, Served more) implements Event {
        @Override
        public void applyTo(Turn turn) {
            Shadows.served(turn, this);
        }
    }

    /** A budget of the release that the running model breaks. */
    record Violation(String code, String sentence) {}
}
