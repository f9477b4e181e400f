package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.trust.SeenVersion;
import io.tinyfleet.protocol.v1.BlobLink;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.DeviceEvent;
import io.tinyfleet.protocol.v1.Encoding;
import io.tinyfleet.protocol.v1.Need;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Reported;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Something to do at the edge, after the state of the step has been stored. */
public sealed interface Action {

    /** Calls the one method of the edge that does this. */
    void in(Edge edge);

    /** Whoever does the actions: the compiler shows it what it has forgotten. */
    interface Edge {
        void sendNeed(SendNeed action);

        void joinShared(JoinShared action);

        void leaveShared(LeaveShared action);

        void fetchByLink(FetchByLink action);

        void report(Report action);

        void raise(Raise action);

        void startTimer(StartTimer action);

        void findBlob(FindBlob action);

        void storeBlob(StoreBlob action);

        void findModel(FindModel action);

        void writeChunk(WriteChunk action);

        void noteRefusedChunk(NoteRefusedChunk action);

        void assembleModel(AssembleModel action);

        void collectGarbage(CollectGarbage action);

        void findMetadata(FindMetadata action);

        void verifyHeads(VerifyHeads action);

        void verifyFloors(VerifyFloors action);

        void verifyRelease(VerifyRelease action);

        void measureLimits(MeasureLimits action);

        void runTrial(RunTrial action);

        void startModel(StartModel action);

        void stopModel(StopModel action);

        void setPhase(SetPhase action);

        void setWindow(SetWindow action);

        void startShadow(StartShadow action);

        void stopShadow(StopShadow action);
    }

    /** Not queued: lost with the connection, and then asked again. */
    record SendNeed(Need need) implements Action {
        @Override
        public void in(Edge edge) {
            edge.sendNeed(this);
        }
    }

    /** Subscribes to the blob's topic, also when it is subscribed to. Answered by {@code SharedJoined}. */
    record JoinShared(Digest blob) implements Action {
        @Override
        public void in(Edge edge) {
            edge.joinShared(this);
        }
    }

    record LeaveShared(Digest blob) implements Action {
        @Override
        public void in(Edge edge) {
            edge.leaveShared(this);
        }
    }

    /** Some chunks by HTTPS: each comes as {@code ChunkArrived}, and then {@code LinkEnded}. */
    record FetchByLink(SlotName slot, AttemptId attempt, BlobLink link, LinkRange range) implements Action {
        @Override
        public void in(Edge edge) {
            edge.fetchByLink(this);
        }
    }

    /** Chunks of a blob that lie beside each other. */
    record LinkRange(Digest blob, long blobSize, int chunkBytes, int first, int count) {
        public long offset() {
            return (long) first * chunkBytes;
        }

        /** Bytes of all of them; the last chunk of a blob is shorter. */
        public long length() {
            return Math.min(blobSize, (long) (first + count) * chunkBytes) - offset();
        }
    }

    /** The whole truth about all slots, certain to arrive. */
    record Report(Reported reported) implements Action {
        @Override
        public void in(Edge edge) {
            edge.report(this);
        }
    }

    /** Certain to arrive. */
    record Raise(DeviceEvent event) implements Action {
        @Override
        public void in(Edge edge) {
            edge.raise(this);
        }
    }

    /** Starts or moves the one timer with this key; when it ends, {@code event} comes back. */
    record StartTimer(String key, Duration delay, Event event) implements Action {
        @Override
        public void in(Edge edge) {
            edge.startTimer(this);
        }
    }

    /** Answered by {@code BlobFound} or {@code BlobAbsent}. */
    record FindBlob(SlotName slot, AttemptId attempt, Purpose purpose, BlobRef blob) implements Action {
        @Override
        public void in(Edge edge) {
            edge.findBlob(this);
        }
    }

    /** Keeps a small blob whose digest has been verified. */
    record StoreBlob(Digest blob, byte[] content) implements Action {
        @Override
        public void in(Edge edge) {
            edge.storeBlob(this);
        }
    }

    /** The file that an attempt is about. */
    record ModelFile(Digest artifact, long size) {}

    /** Answered by {@code ModelHeld}, {@code PartScanned}, or {@code EncodingRefused} when a delta's base is not right. */
    record FindModel(SlotName slot, AttemptId attempt, ModelFile file, Encoding encoding, byte[] chunkList)
            implements Action {
        @Override
        public void in(Edge edge) {
            edge.findModel(this);
        }
    }

    /** The chunk's hash is right. Answered only when the disk fails, by {@code ModelRefused}. */
    record WriteChunk(SlotName slot, AttemptId attempt, Digest blob, int index, long offset, byte[] content)
            implements Action {
        @Override
        public void in(Edge edge) {
            edge.writeChunk(this);
        }
    }

    record NoteRefusedChunk(Digest blob, int index) implements Action {
        @Override
        public void in(Edge edge) {
            edge.noteRefusedChunk(this);
        }
    }

    /**
     * Decodes the whole part file if it is encoded, hashes the result and moves it under {@code models/}: {@code ModelHeld},
     * {@code EncodingRefused} or {@code ModelRefused}.
     */
    record AssembleModel(SlotName slot, AttemptId attempt, ModelFile file, Encoding encoding) implements Action {
        @Override
        public void in(Edge edge) {
            edge.assembleModel(this);
        }
    }

    /** Deletes every model and blob that is not named. */
    record CollectGarbage(Set<Digest> pinned) implements Action {
        public CollectGarbage {
            pinned = Set.copyOf(pinned);
        }

        @Override
        public void in(Edge edge) {
            edge.collectGarbage(this);
        }
    }

    /** Answered by {@code MetadataFound} or {@code MetadataAbsent}. */
    record FindMetadata(BlobRef blob) implements Action {
        @Override
        public void in(Edge edge) {
            edge.findMetadata(this);
        }
    }

    /** Answered by {@code HeadsVerified} or {@code MetadataRefused}. */
    record VerifyHeads(Digest expected, Optional<SeenVersion> stored, Instant trustedTime, byte[] envelope)
            implements Action {
        @Override
        public void in(Edge edge) {
            edge.verifyHeads(this);
        }
    }

    /** Answered by {@code FloorsVerified} or {@code MetadataRefused}. */
    record VerifyFloors(
            String model, Digest expected, Optional<SeenVersion> stored, Instant trustedTime, byte[] envelope)
            implements Action {
        @Override
        public void in(Edge edge) {
            edge.verifyFloors(this);
        }
    }

    /**
     * Answered by {@code ReleaseVerified} or {@code ReleaseRefused}.
     *
     * @param model under which the verified heads list it
     */
    record VerifyRelease(SlotName slot, AttemptId attempt, String model, Digest release, byte[] envelope)
            implements Action {
        @Override
        public void in(Edge edge) {
            edge.verifyRelease(this);
        }
    }

    /** Answered by {@code LimitsMeasured}. A shadow has to fit beside what runs, another model takes its place. */
    record MeasureLimits(SlotName slot, AttemptId attempt, Installed candidate, Lane lane) implements Action {
        @Override
        public void in(Edge edge) {
            edge.measureLimits(this);
        }
    }

    /**
     * In a throw-away worker; answered by {@code TrialEnded}. {@code selfTest} is null when the release has none. What
     * answers may be ended to make room for the trial, but never for a shadow's.
     */
    record RunTrial(
            SlotName slot,
            AttemptId attempt,
            Installed candidate,
            @Nullable Digest selfTest,
            Lane lane) implements Action {
        @Override
        public void in(Edge edge) {
            edge.runTrial(this);
        }
    }

    /** Starts a worker and swaps it in; answered by {@code ModelStarted} or {@code ModelStartFailed}. */
    record StartModel(SlotName slot, Installed artifact, Phase phase) implements Action {
        @Override
        public void in(Edge edge) {
            edge.startModel(this);
        }
    }

    record StopModel(SlotName slot) implements Action {
        @Override
        public void in(Edge edge) {
            edge.stopModel(this);
        }
    }

    /** Windows from now on carry this phase and attempt. */
    record SetPhase(SlotName slot, Phase phase) implements Action {
        @Override
        public void in(Edge edge) {
            edge.setPhase(this);
        }
    }

    record SetWindow(SlotName slot, int seconds) implements Action {
        @Override
        public void in(Edge edge) {
            edge.setWindow(this);
        }
    }

    /**
     * Starts a second worker beside the slot's, whose answers are only compared; answered by {@code ShadowStarted} or
     * {@code ShadowEnded}.
     *
     * @param share of live inputs, over 0 to 1
     */
    record StartShadow(SlotName slot, AttemptId attempt, Installed artifact, double share) implements Action {
        @Override
        public void in(Edge edge) {
            edge.startShadow(this);
        }
    }

    record StopShadow(SlotName slot) implements Action {
        @Override
        public void in(Edge edge) {
            edge.stopShadow(this);
        }
    }
}
