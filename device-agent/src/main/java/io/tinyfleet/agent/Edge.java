package io.tinyfleet.agent;

import io.tinyfleet.agent.board.Board;
import io.tinyfleet.agent.enrol.CurrentRoot;
import io.tinyfleet.agent.enrol.Identity;
import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.install.Disk;
import io.tinyfleet.agent.install.DiskTrouble;
import io.tinyfleet.agent.install.ModelStore;
import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.agent.reconcile.Action;
import io.tinyfleet.agent.reconcile.Counters;
import io.tinyfleet.agent.reconcile.DeviceLimits;
import io.tinyfleet.agent.reconcile.Event;
import io.tinyfleet.agent.reconcile.Lane;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.chunk.ChunkList;
import io.tinyfleet.protocol.delta.CorruptPatchException;
import io.tinyfleet.protocol.trust.Releases;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.v1.Encoding;
import io.tinyfleet.protocol.v1.EncodingKind;
import io.tinyfleet.protocol.v1.Stream;
import io.tinyfleet.protocol.v1.Variant;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Does the actions of a step. Called on the loop's thread; what takes long goes to the background. */
final class Edge implements Action.Edge {
    private static final int SHORTEST_WINDOW_SECONDS = 1;
    private static final int LONGEST_WINDOW_SECONDS = 3600;
    private static final EventLog LOG = EventLog.of("edge");

    private final Parts parts;
    private final Uplink uplink;
    private final Models models;
    private final Timers timers;
    private final Executor background;
    private final Answers answers;
    private final LinkFetch links;

    /**
     * What the edge works on.
     *
     * @param sources what feeds each slot, by the slot's name, for people
     */
    record Parts(
            AgentHome home,
            Disk disk,
            Identity identity,
            ModelStore store,
            Board board,
            Clocks clocks,
            Map<String, String> sources) {}

    private final CurrentRoot root;

    /**
     * Where answers go.
     *
     * @param now taken right after the step that asked, on the loop's thread
     * @param later from any thread
     */
    record Answers(Consumer<Event> now, Consumer<Event> later) {}

    Edge(
            Parts parts,
            CurrentRoot root,
            Uplink uplink,
            Models models,
            Timers timers,
            Executor background,
            Answers answers) {
        this.parts = parts;
        this.root = root;
        this.uplink = uplink;
        this.models = models;
        this.timers = timers;
        this.background = background;
        this.answers = answers;
        this.links = new LinkFetch(answers.later());
    }

    // ---- to the server

    @Override
    public void sendNeed(Action.SendNeed action) {
        uplink.need(action.need());
    }

    @Override
    public void joinShared(Action.JoinShared action) {
        uplink.joinShared(action.blob());
    }

    @Override
    public void leaveShared(Action.LeaveShared action) {
        uplink.leaveShared(action.blob());
    }

    @Override
    public void fetchByLink(Action.FetchByLink action) {
        links.fetch(action);
    }

    @Override
    public void report(Action.Report action) {
        uplink.keep(
                Stream.STATE, action.reported().toByteString(), parts.clocks().read());
    }

    @Override
    public void raise(Action.Raise action) {
        LOG.info(
                action.event().getCode(),
                "severity",
                action.event().getSeverity(),
                "slot",
                action.event().getSlot(),
                "detail",
                action.event().getDetail());
        uplink.keep(Stream.EVENT, action.event().toByteString(), parts.clocks().read());
    }

    @Override
    public void startTimer(Action.StartTimer action) {
        Duration due = parts.clocks().uptime().read().plus(action.delay());
        timers.start(action.key(), due, () -> answers.now().accept(action.event()));
    }

    // ---- disk

    @Override
    public void findBlob(Action.FindBlob action) {
        Digest blob = Digest.fromBytes(action.blob().getSha256());
        Optional<byte[]> found = Optional.empty();
        try {
            found = parts.store().findBlob(blob);
        } catch (IOException e) {
            LOG.warn("blob-not-read", "blob", blob.shortHex(), "reason", e.getMessage());
        }
        answers.now()
                .accept(
                        found.isPresent()
                                ? new Event.BlobFound(action.slot(), action.attempt(), action.purpose(), found.get())
                                : new Event.BlobAbsent(
                                        action.slot(),
                                        action.attempt(),
                                        action.purpose(),
                                        blob,
                                        action.blob().getSize()));
    }

    @Override
    public void storeBlob(Action.StoreBlob action) {
        try {
            parts.store().storeBlob(action.blob(), action.content());
        } catch (IOException e) {
            // Held in memory by the step that follows; after a restart it is fetched again. Only a trial reads the
            // file.
            LOG.warn("blob-not-stored", "blob", action.blob().shortHex(), "reason", e.getMessage());
            DiskTrouble trouble = DiskTrouble.of(e);
            answers.now().accept(new Event.BlobNotStored(action.blob(), trouble.code(), trouble.sentence()));
        }
    }

    @Override
    public void findModel(Action.FindModel action) {
        background.execute(() -> answers.later().accept(found(action)));
    }

    private Event found(Action.FindModel action) {
        Encoding encoding = action.encoding();
        Digest blob = Digest.fromBytes(encoding.getBlob().getSha256());
        try {
            if (parts.store().holds(action.file().artifact())) {
                return held(action.slot(), action.attempt(), encoding);
            }
            if (encoding.getKind() == EncodingKind.TD1
                    && !parts.store().holds(Digest.fromBytes(encoding.getBaseSha256()))) {
                return new Event.EncodingRefused(
                        action.slot(),
                        action.attempt(),
                        blob,
                        "wrong-base",
                        "the base is not held, or no longer has its hash");
            }
            ChunkList list =
                    ChunkList.parse(action.chunkList(), encoding.getBlob().getSize(), encoding.getChunkSize());
            ModelStore.Scan scan = parts.store().scan(blob, list);
            return new Event.PartScanned(
                    action.slot(), action.attempt(), action.chunkList(), scan.held(), scan.before(), scan.counters());
        } catch (IOException e) {
            return diskFailed(action.slot(), action.attempt(), e);
        }
    }

    private Event held(SlotName slot, AttemptId attempt, Encoding encoding) {
        Counters counters = parts.store()
                .counters(
                        Digest.fromBytes(encoding.getBlob().getSha256()),
                        encoding.getBlob().getSize());
        return new Event.ModelHeld(slot, attempt, counters.by(encoding.getKind()));
    }

    private static Event diskFailed(SlotName slot, AttemptId attempt, IOException e) {
        DiskTrouble trouble = DiskTrouble.of(e);
        return new Event.ModelRefused(slot, attempt, trouble.code(), trouble.sentence());
    }

    @Override
    public void writeChunk(Action.WriteChunk action) {
        try {
            parts.store().writeChunk(action.blob(), action.index(), action.offset(), action.content());
        } catch (IOException e) {
            answers.now().accept(diskFailed(action.slot(), action.attempt(), e));
        }
    }

    @Override
    public void noteRefusedChunk(Action.NoteRefusedChunk action) {
        try {
            parts.store().noteRefusedChunk(action.blob(), action.index());
        } catch (IOException e) {
            LOG.warn("journal-failed", "reason", e.getMessage());
        }
    }

    @Override
    public void assembleModel(Action.AssembleModel action) {
        background.execute(() -> answers.later().accept(assembled(action)));
    }

    private Event assembled(Action.AssembleModel action) {
        Encoding encoding = action.encoding();
        Digest artifact = action.file().artifact();
        try {
            if (encoding.getKind() != EncodingKind.IDENTITY) {
                parts.store().decode(encoding, artifact, action.file().size());
                return held(action.slot(), action.attempt(), encoding);
            }
            if (parts.store().assemble(artifact, action.file().size())) {
                return held(action.slot(), action.attempt(), encoding);
            }
            return new Event.ModelRefused(
                    action.slot(),
                    action.attempt(),
                    "wrong-digest",
                    "all chunks were right, yet the whole is not " + artifact.shortHex());
        } catch (CorruptPatchException e) {
            return new Event.EncodingRefused(
                    action.slot(),
                    action.attempt(),
                    Digest.fromBytes(encoding.getBlob().getSha256()),
                    e.code(),
                    String.valueOf(e.getMessage()));
        } catch (IOException e) {
            return diskFailed(action.slot(), action.attempt(), e);
        }
    }

    @Override
    public void collectGarbage(Action.CollectGarbage action) {
        background.execute(() -> {
            try {
                parts.store().collectGarbage(action.pinned());
            } catch (IOException e) {
                LOG.warn("garbage-not-collected", "reason", e.getMessage());
            }
        });
    }

    // ---- judgements

    @Override
    public void findMetadata(Action.FindMetadata action) {
        Digest blob = Digest.fromBytes(action.blob().getSha256());
        Optional<byte[]> found = Optional.empty();
        try {
            found = parts.store().findBlob(blob);
        } catch (IOException e) {
            LOG.warn("blob-not-read", "blob", blob.shortHex(), "reason", e.getMessage());
        }
        answers.now()
                .accept(
                        found.isPresent()
                                ? new Event.MetadataFound(action.blob(), found.get())
                                : new Event.MetadataAbsent(action.blob()));
    }

    @Override
    public void verifyHeads(Action.VerifyHeads action) {
        answers.now().accept(MetadataCheck.heads(root.root(), action));
    }

    @Override
    public void verifyFloors(Action.VerifyFloors action) {
        answers.now().accept(MetadataCheck.floors(root.root(), action));
    }

    @Override
    public void verifyRelease(Action.VerifyRelease action) {
        try {
            answers.now()
                    .accept(new Event.ReleaseVerified(
                            action.slot(),
                            action.attempt(),
                            Releases.verify(root.root(), action.model(), action.release(), action.envelope())));
        } catch (TrustException e) {
            answers.now()
                    .accept(new Event.ReleaseRefused(
                            action.slot(), action.attempt(), e.code(), String.valueOf(e.getMessage())));
        }
    }

    @Override
    public void measureLimits(Action.MeasureLimits action) {
        long flash;
        try {
            flash = parts.disk().freeBytes(parts.home().root());
        } catch (IOException e) {
            LOG.warn("flash-not-measured", "reason", e.getMessage());
            flash = 0;
        }
        SlotName slot = action.slot();
        Variant variant = action.candidate().variant();
        boolean beside = action.lane() == Lane.SHADOWS;
        DeviceLimits limits = new DeviceLimits(
                parts.board().ramAvailableBytes().orElse(0) + (beside ? 0 : models.ramBytes(slot)),
                flash,
                parts.board().abi(),
                models.runtimes(),
                models.findMisfit(slot, variant).orElse(null),
                beside ? models.findNoRoomBeside(slot, action.candidate()).orElse(null) : null);
        answers.now().accept(new Event.LimitsMeasured(action.slot(), action.attempt(), action.candidate(), limits));
    }

    // ---- workers

    @Override
    public void runTrial(Action.RunTrial action) {
        models.trial(action);
    }

    @Override
    public void startModel(Action.StartModel action) {
        models.start(action);
    }

    @Override
    public void stopModel(Action.StopModel action) {
        models.stop(action.slot());
    }

    @Override
    public void startShadow(Action.StartShadow action) {
        models.startShadow(action);
    }

    @Override
    public void stopShadow(Action.StopShadow action) {
        models.stopShadow(action.slot());
    }

    @Override
    public void setPhase(Action.SetPhase action) {
        models.phase(action.slot(), action.phase());
    }

    @Override
    public void setWindow(Action.SetWindow action) {
        int seconds = Math.max(SHORTEST_WINDOW_SECONDS, Math.min(LONGEST_WINDOW_SECONDS, action.seconds()));
        models.window(action.slot(), Duration.ofSeconds(seconds));
    }
}
