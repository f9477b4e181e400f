package io.tinyfleet.agent.install;

import io.tinyfleet.agent.fixture.LyingDisk;
import io.tinyfleet.agent.fixture.SmallFleet;
import io.tinyfleet.agent.reconcile.Action;
import io.tinyfleet.agent.reconcile.AgentState;
import io.tinyfleet.agent.reconcile.Chunks;
import io.tinyfleet.agent.reconcile.DeviceLimits;
import io.tinyfleet.agent.reconcile.Event;
import io.tinyfleet.agent.reconcile.Moment;
import io.tinyfleet.agent.reconcile.Reconciler;
import io.tinyfleet.agent.reconcile.Served;
import io.tinyfleet.agent.reconcile.SlotState;
import io.tinyfleet.agent.reconcile.Step;
import io.tinyfleet.agent.reconcile.TrialOutcome;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.chunk.ChunkList;
import io.tinyfleet.protocol.delta.CorruptPatchException;
import io.tinyfleet.protocol.trust.HeadsDocuments;
import io.tinyfleet.protocol.trust.Releases;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.v1.ChunkRange;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.Encoding;
import io.tinyfleet.protocol.v1.EncodingKind;
import io.tinyfleet.protocol.v1.Need;
import io.tinyfleet.protocol.v1.Runtime;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One life of a device over a {@link LyingDisk}: the real state file, journal, model store and heart, with a link and
 * workers that answer at once. What is sent is counted outside, as the server would.
 */
final class Rig implements Action.Edge {
    static final SlotName VAD = new SlotName("vad");
    static final AgentHome HOME = new AgentHome(Path.of("/device"));

    final Disk disk;
    final SmallFleet fleet;
    final List<Integer> chunksOfModelsSent;

    @Nullable Digest loaded;

    /** Its file was spoiled by the test: to ask for its start is no mistake. */
    @Nullable Digest spoiled;

    /** Its workers crash. */
    @Nullable Digest crashing;

    int blobsNotStored;

    /** The process ends before it writes the next one. */
    int cutAfterChunks = Integer.MAX_VALUE;

    final List<String> raised = new ArrayList<>();
    private final ModelStore store;
    private final StateFile stateFile;
    private final Deque<Event> restarts = new ArrayDeque<>();
    private final Deque<Event> events = new ArrayDeque<>();
    private AgentState state;
    private AgentState stored;
    private Duration uptime = Duration.ZERO;

    /** Starts up over whatever the disk holds. */
    Rig(Disk disk, SmallFleet fleet, List<Integer> chunksOfModelsSent) throws IOException {
        this.disk = disk;
        this.fleet = fleet;
        this.chunksOfModelsSent = chunksOfModelsSent;
        store = ModelStore.open(disk, HOME);
        stateFile = new StateFile(disk, HOME);
        state = stateFile.read();
        stored = state.durable();
    }

    void start() throws IOException {
        handle(new Event.Started());
        handle(new Event.Connected());
    }

    /** As the link delivers it: again and again until it has been stored. */
    void deliver(Desired desired) throws IOException {
        if (desired.getSeq() > state.desiredSeq()) {
            handle(new Event.DesiredVerified(desired, Digest.of(desired.toByteArray())));
        }
    }

    void serve(long seconds) throws IOException {
        SlotState slot = slot();
        if (slot.active() != null) {
            uptime = uptime.plusSeconds(seconds);
            handle(new Event.ModelServed(
                    VAD, slot.active().artifact(), new Served(seconds * 1000, seconds * 10), null));
        }
    }

    SlotState slot() {
        return state.findSlot(VAD).orElseThrow();
    }

    AgentState state() {
        return state;
    }

    private void handle(Event first) throws IOException {
        events.add(first);
        while (!events.isEmpty()) {
            Step step =
                    Reconciler.step(state, events.remove(), new Moment(uptime, SmallFleet.ISSUED.plus(uptime), false));
            if (!step.state().durable().equals(stored)) {
                stateFile.write(step.state().durable());
                stored = step.state().durable();
            }
            state = step.state();
            for (Action action : step.actions()) {
                action.in(this);
            }
        }
    }

    private interface DiskWork {
        void run() throws IOException;
    }

    private void onDisk(SlotName slot, AttemptId attempt, DiskWork work) {
        try {
            work.run();
        } catch (IOException e) {
            DiskTrouble trouble = DiskTrouble.of(e);
            events.add(new Event.ModelRefused(slot, attempt, trouble.code(), trouble.sentence()));
        }
    }

    // ---- the edge

    @Override
    public void sendNeed(Action.SendNeed action) {
        Need need = action.need();
        Digest blob = Digest.fromBytes(need.getBlobSha256());
        for (ChunkRange range : need.getRangesList()) {
            for (int i = range.getFirst(); i < range.getFirst() + range.getCount(); i++) {
                if (fleet.blob(blob).length > 100_000) {
                    chunksOfModelsSent.add(i);
                }
                events.add(new Event.ChunkArrived(fleet.chunk(blob, i)));
            }
        }
    }

    @Override
    public void findBlob(Action.FindBlob action) {
        Digest blob = Digest.fromBytes(action.blob().getSha256());
        try {
            Optional<byte[]> found = store.findBlob(blob);
            events.add(
                    found.isPresent()
                            ? new Event.BlobFound(action.slot(), action.attempt(), action.purpose(), found.get())
                            : new Event.BlobAbsent(
                                    action.slot(),
                                    action.attempt(),
                                    action.purpose(),
                                    blob,
                                    action.blob().getSize()));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void storeBlob(Action.StoreBlob action) {
        try {
            store.storeBlob(action.blob(), action.content());
        } catch (IOException e) {
            // As in the field: held in memory now, fetched again after a restart.
            blobsNotStored++;
            DiskTrouble trouble = DiskTrouble.of(e);
            events.add(new Event.BlobNotStored(action.blob(), trouble.code(), trouble.sentence()));
        }
    }

    @Override
    public void findModel(Action.FindModel action) {
        onDisk(action.slot(), action.attempt(), () -> {
            Digest blob = Digest.fromBytes(action.encoding().getBlob().getSha256());
            long size = action.encoding().getBlob().getSize();
            if (store.holds(action.file().artifact())) {
                events.add(new Event.ModelHeld(action.slot(), action.attempt(), store.counters(blob, size)));
                return;
            }
            ModelStore.Scan scan = store.scan(
                    blob,
                    ChunkList.parse(action.chunkList(), size, action.encoding().getChunkSize()));
            Chunks held = scan.held();
            events.add(new Event.PartScanned(
                    action.slot(), action.attempt(), action.chunkList(), held, scan.before(), scan.counters()));
        });
    }

    @Override
    public void writeChunk(Action.WriteChunk action) {
        onDisk(
                action.slot(),
                action.attempt(),
                () -> store.writeChunk(action.blob(), action.index(), action.offset(), action.content()));
        cutAfterChunks--;
        if (cutAfterChunks == 0) {
            throw LyingDisk.now();
        }
    }

    @Override
    public void noteRefusedChunk(Action.NoteRefusedChunk action) {}

    @Override
    public void assembleModel(Action.AssembleModel action) {
        onDisk(action.slot(), action.attempt(), () -> {
            Encoding encoding = action.encoding();
            Digest blob = Digest.fromBytes(encoding.getBlob().getSha256());
            boolean right;
            if (encoding.getKind() == EncodingKind.IDENTITY) {
                right = store.assemble(action.file().artifact(), action.file().size());
            } else {
                try {
                    store.decode(
                            encoding, action.file().artifact(), action.file().size());
                    right = true;
                } catch (CorruptPatchException e) {
                    events.add(new Event.EncodingRefused(
                            action.slot(), action.attempt(), blob, e.code(), String.valueOf(e.getMessage())));
                    return;
                }
            }
            events.add(
                    right
                            ? new Event.ModelHeld(
                                    action.slot(),
                                    action.attempt(),
                                    store.counters(blob, encoding.getBlob().getSize())
                                            .by(encoding.getKind()))
                            : new Event.ModelRefused(action.slot(), action.attempt(), "wrong-digest", "?"));
        });
    }

    @Override
    public void collectGarbage(Action.CollectGarbage action) {
        try {
            store.collectGarbage(action.pinned());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void findMetadata(Action.FindMetadata action) {
        try {
            Optional<byte[]> found =
                    store.findBlob(Digest.fromBytes(action.blob().getSha256()));
            events.add(
                    found.isPresent()
                            ? new Event.MetadataFound(action.blob(), found.get())
                            : new Event.MetadataAbsent(action.blob()));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void verifyHeads(Action.VerifyHeads action) {
        try {
            events.add(new Event.HeadsVerified(
                    HeadsDocuments.verify(
                            fleet.root(), action.expected(), action.stored(), action.trustedTime(), action.envelope()),
                    action.expected()));
        } catch (TrustException e) {
            events.add(new Event.MetadataRefused("heads", action.expected(), e.code(), "?"));
        }
    }

    @Override
    public void verifyFloors(Action.VerifyFloors action) {
        throw new AssertionError("this fleet has no floors");
    }

    @Override
    public void verifyRelease(Action.VerifyRelease action) {
        try {
            events.add(new Event.ReleaseVerified(
                    action.slot(),
                    action.attempt(),
                    Releases.verify(fleet.root(), action.model(), action.release(), action.envelope())));
        } catch (TrustException e) {
            events.add(new Event.ReleaseRefused(action.slot(), action.attempt(), e.code(), "?"));
        }
    }

    @Override
    public void measureLimits(Action.MeasureLimits action) {
        DeviceLimits limits = new DeviceLimits(
                1L << 30,
                1L << 30,
                "linux-x86_64-glibc",
                List.of(Runtime.newBuilder()
                        .setName("onnxruntime")
                        .setVersion("1.23.2")
                        .build()),
                null);
        events.add(new Event.LimitsMeasured(action.slot(), action.attempt(), action.candidate(), limits));
    }

    @Override
    public void runTrial(Action.RunTrial action) {
        events.add(new Event.TrialEnded(action.slot(), action.attempt(), new TrialOutcome.Passed(1, 1, 1)));
    }

    /** A worker loads only a whole file with the right hash: anything else would be half a model. */
    @Override
    public void startModel(Action.StartModel action) {
        Digest artifact = action.artifact().artifact();
        try {
            if (!store.holds(artifact) && artifact.equals(spoiled)) {
                events.add(new Event.ModelStartFailed(action.slot(), artifact, "model-spoiled", "it has no such hash"));
                return;
            }
            if (!store.holds(artifact)) {
                throw new AssertionError("asked to start " + artifact.shortHex() + ", which is not whole on this disk");
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        loaded = artifact;
        events.add(
                artifact.equals(crashing)
                        ? new Event.ModelExited(action.slot(), artifact, "model-crash", "SIGSEGV")
                        : new Event.ModelStarted(action.slot(), artifact));
    }

    @Override
    public void stopModel(Action.StopModel action) {
        loaded = null;
    }

    @Override
    public void startTimer(Action.StartTimer action) {
        if (action.event() instanceof Event.RestartDue) {
            restarts.add(action.event());
        }
    }

    /** Time passes until the dead worker is due again. */
    void restart() throws IOException {
        Event due = restarts.poll();
        if (due != null) {
            handle(due);
        }
    }

    /** The worker of the active model dies. */
    void crash() throws IOException {
        SlotState slot = slot();
        if (slot.active() != null) {
            handle(new Event.ModelExited(VAD, slot.active().artifact(), "model-crash", "SIGSEGV"));
        }
    }

    @Override
    public void joinShared(Action.JoinShared action) {
        throw new IllegalStateException("nothing is offered to all here");
    }

    @Override
    public void leaveShared(Action.LeaveShared action) {
        throw new IllegalStateException("nothing is offered to all here");
    }

    @Override
    public void fetchByLink(Action.FetchByLink action) {
        throw new IllegalStateException("there are no links here");
    }

    @Override
    public void report(Action.Report action) {}

    @Override
    public void raise(Action.Raise action) {
        raised.add(action.event().getCode());
    }

    @Override
    public void setPhase(Action.SetPhase action) {}

    @Override
    public void setWindow(Action.SetWindow action) {}

    @Override
    public void startShadow(Action.StartShadow action) {}

    @Override
    public void stopShadow(Action.StopShadow action) {}

    static List<Integer> nothingSent() {
        return new ArrayList<>();
    }
}
