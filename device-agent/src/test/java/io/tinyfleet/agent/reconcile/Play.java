package io.tinyfleet.agent.reconcile;

import com.google.protobuf.ByteString;
import io.tinyfleet.agent.fixture.SmallFleet;
import io.tinyfleet.agent.fixture.SmallFleet.Published;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.trust.FloorsDocuments;
import io.tinyfleet.protocol.trust.HeadsDocuments;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.v1.BlobLink;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.Chunk;
import io.tinyfleet.protocol.v1.ChunkRange;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.DesiredReason;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.Need;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.protocol.v1.Runtime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Plays a device whose edge answers at once and well. A test takes over by holding answers of one kind back and giving
 * its own.
 */
final class Play {
    static final SlotName VAD = new SlotName("vad");
    static final DeviceLimits ROOMY = new DeviceLimits(
            1L << 30,
            1L << 30,
            "linux-x86_64-glibc",
            List.of(Runtime.newBuilder()
                    .setName("onnxruntime")
                    .setVersion("1.23.2")
                    .build()),
            null);

    final SmallFleet fleet = new SmallFleet();
    final List<Action> log = new ArrayList<>();
    AgentState state = AgentState.fresh();
    Duration uptime = Duration.ZERO;
    Instant wall = SmallFleet.ISSUED;
    boolean clockSynchronised;
    DeviceLimits limits = ROOMY;
    TrialOutcome trial = new TrialOutcome.Passed(10, 100, 1000);
    private final Set<Class<? extends Action>> held = new HashSet<>();
    private final Set<Digest> stored = new HashSet<>();
    private final Set<Digest> assembled = new HashSet<>();
    private final Set<Digest> refused = new HashSet<>();
    boolean keepsModels;
    private final Deque<Event> events = new ArrayDeque<>();

    /** From now on the edge leaves these unanswered. */
    Play hold(Class<? extends Action> kind) {
        held.add(kind);
        return this;
    }

    /** From now on these encodings turn out not to lead to their file. */
    Play refuse(Set<Digest> encodings) {
        refused.addAll(encodings);
        return this;
    }

    Play release(Class<? extends Action> kind) {
        held.remove(kind);
        return this;
    }

    Play on(Event event) {
        events.add(event);
        while (!events.isEmpty()) {
            Step step =
                    Reconciler.step(state, events.remove(), new Moment(uptime, wall.plus(uptime), clockSynchronised));
            state = step.state();
            for (Action action : step.actions()) {
                log.add(action);
                if (!held.contains(action.getClass())) {
                    answer(action);
                }
            }
        }
        return this;
    }

    private void answer(Action action) {
        if (action instanceof Action.FindBlob find) {
            Digest blob = Digest.fromBytes(find.blob().getSha256());
            events.add(
                    stored.contains(blob)
                            ? new Event.BlobFound(find.slot(), find.attempt(), find.purpose(), fleet.blob(blob))
                            : new Event.BlobAbsent(
                                    find.slot(),
                                    find.attempt(),
                                    find.purpose(),
                                    blob,
                                    find.blob().getSize()));
        } else if (action instanceof Action.StoreBlob store) {
            stored.add(store.blob());
        } else if (action instanceof Action.SendNeed need) {
            answer(need.need());
        } else if (action instanceof Action.JoinShared join) {
            events.add(new Event.SharedJoined(join.blob(), true));
        } else if (action instanceof Action.FetchByLink fetch) {
            for (int i = 0; i < fetch.range().count(); i++) {
                Chunk chunk = fleet.chunk(fetch.range().blob(), fetch.range().first() + i);
                events.add(new Event.ChunkArrived(chunk, Way.LINK));
            }
            events.add(linkEnded(fetch, ""));
        } else if (action instanceof Action.FindMetadata find) {
            events.add(new Event.MetadataFound(
                    find.blob(), fleet.blob(Digest.fromBytes(find.blob().getSha256()))));
        } else if (action instanceof Action.VerifyHeads verify) {
            try {
                events.add(new Event.HeadsVerified(
                        HeadsDocuments.verify(
                                fleet.root(),
                                verify.expected(),
                                verify.stored(),
                                verify.trustedTime(),
                                verify.envelope()),
                        verify.expected()));
            } catch (TrustException e) {
                events.add(new Event.MetadataRefused(
                        "heads", verify.expected(), e.code(), String.valueOf(e.getMessage())));
            }
        } else if (action instanceof Action.VerifyFloors verify) {
            try {
                events.add(new Event.FloorsVerified(
                        FloorsDocuments.verify(
                                fleet.root(),
                                verify.model(),
                                verify.expected(),
                                verify.stored(),
                                verify.trustedTime(),
                                verify.envelope()),
                        verify.expected()));
            } catch (TrustException e) {
                events.add(new Event.MetadataRefused(
                        "floors", verify.expected(), e.code(), String.valueOf(e.getMessage())));
            }
        } else if (action instanceof Action.VerifyRelease verify) {
            events.add(new Event.ReleaseVerified(verify.slot(), verify.attempt(), releaseOf(verify.envelope())));
        } else if (action instanceof Action.MeasureLimits measure) {
            events.add(new Event.LimitsMeasured(measure.slot(), measure.attempt(), measure.candidate(), limits));
        } else if (action instanceof Action.FindModel find) {
            Digest blob = find.file().artifact();
            events.add(
                    assembled.contains(blob)
                            ? new Event.ModelHeld(find.slot(), find.attempt(), Counters.NONE)
                            : scanned(find, Chunks.NONE));
        } else if (action instanceof Action.AssembleModel assemble
                && refused.contains(Encodings.blobOf(assemble.encoding()))) {
            events.add(new Event.EncodingRefused(
                    assemble.slot(),
                    assemble.attempt(),
                    Encodings.blobOf(assemble.encoding()),
                    "wrong-result",
                    "it makes another file"));
        } else if (action instanceof Action.AssembleModel assemble) {
            if (keepsModels) {
                assembled.add(assemble.file().artifact());
            }
            events.add(new Event.ModelHeld(
                    assemble.slot(),
                    assemble.attempt(),
                    Stream.of(state.findSlot(assemble.slot()), state.findShadow(assemble.slot()))
                            .flatMap(Optional::stream)
                            .filter(lane -> lane.works(assemble.attempt()))
                            .findFirst()
                            .orElseThrow()
                            .install()
                            .counters()));
        } else if (action instanceof Action.RunTrial run) {
            events.add(new Event.TrialEnded(run.slot(), run.attempt(), trial));
        } else if (action instanceof Action.StartModel start) {
            events.add(new Event.ModelStarted(start.slot(), start.artifact().artifact()));
        } else if (action instanceof Action.StartShadow start) {
            events.add(new Event.ShadowStarted(start.slot(), start.attempt()));
        }
    }

    static Event linkEnded(Action.FetchByLink fetch, String code) {
        return new Event.LinkEnded(
                fetch.slot(),
                fetch.attempt(),
                fetch.range().blob(),
                code,
                code.isEmpty() ? "" : "as the test wants it");
    }

    private void answer(Need need) {
        if (need.getWantLink()) {
            events.add(new Event.ChunkArrived(link(Digest.fromBytes(need.getBlobSha256()))));
        }
        Way way = need.getShared() ? Way.SHARED : Way.OWN;
        for (ChunkRange range : need.getRangesList()) {
            for (int i = 0; i < range.getCount(); i++) {
                events.add(new Event.ChunkArrived(
                        fleet.chunk(Digest.fromBytes(need.getBlobSha256()), range.getFirst() + i), way));
            }
        }
    }

    static Chunk link(Digest blob) {
        return Chunk.newBuilder()
                .setBlobSha256(blob.toBytes())
                .setLink(BlobLink.newBuilder()
                        .setUrl("https://fleet.example/blobs/" + blob.hex())
                        .setToken("tfb_dev-7"))
                .build();
    }

    /** What one kind of need asked for, as chunk indexes; of models alone. */
    int askedChunks(Published of) {
        return all(Action.SendNeed.class).stream()
                .map(Action.SendNeed::need)
                .filter(need -> need.getBlobSha256().equals(of.artifact().toBytes()))
                .flatMap(need -> need.getRangesList().stream())
                .mapToInt(ChunkRange::getCount)
                .sum();
    }

    Event.PartScanned scanned(Action.FindModel find, Chunks here) {
        BitSet written = new BitSet();
        for (int i = here.nextPresent(0); i >= 0; i = here.nextPresent(i + 1)) {
            written.set(i);
        }
        long size = find.encoding().getBlob().getSize();
        Counters counters = Counters.of(0, size, here.count(), 0, 0);
        return new Event.PartScanned(find.slot(), find.attempt(), find.chunkList(), here, Chunks.of(written), counters);
    }

    private static Release releaseOf(byte[] envelope) {
        try {
            return Release.parseFrom(
                    io.tinyfleet.protocol.v1.DsseEnvelope.parseFrom(envelope).getPayload());
        } catch (com.google.protobuf.InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    // ---- what tests say

    Play connect() {
        return on(new Event.Connected());
    }

    Play desire(DesiredSlot.Builder... slots) {
        Desired desired = fleet.desired(slots);
        return on(new Event.DesiredVerified(desired, Digest.of(desired.toByteArray())));
    }

    /** Offers it and plays on until it is confirmed. */
    Play run(Published published) {
        return desire(fleet.offer(published)).serve(60, 100);
    }

    Play serve(long seconds, long inferences) {
        Digest active = this.active();
        uptime = uptime.plusSeconds(seconds);
        return on(new Event.ModelServed(VAD, active, new Served(seconds * 1000, inferences), null));
    }

    Play crash() {
        return on(new Event.ModelExited(VAD, active(), "model-crash", "SIGSEGV"));
    }

    /** The process ends and starts again, with a connection: what is not durable is gone. */
    Play restart() {
        state = state.durable();
        events.clear();
        return on(new Event.Started()).connect();
    }

    /** The device's image brings this one. */
    Play image(Published published) {
        return image(Factory.choose(published.release(), Set.of(published.artifact()), variant -> limits));
    }

    Play image(Factory factory) {
        return on(new Event.FactoriesLooked(Map.of(VAD, factory)));
    }

    /** The process starts for the first time, or again. */
    Play boot(Published image) {
        state = state.durable();
        events.clear();
        return image(image).on(new Event.Started()).connect();
    }

    /** The file of what is being started turns out to have rotted. */
    Play rot() {
        return on(new Event.ModelStartFailed(VAD, active(), "model-spoiled", "it no longer has its hash"));
    }

    Play wait(Duration time) {
        uptime = uptime.plus(time);
        return this;
    }

    DesiredSlot.Builder back(Published published) {
        return fleet.offer(published).setReason(DesiredReason.ROLLBACK);
    }

    // ---- what tests ask

    SlotState slot() {
        return state.findSlot(VAD).orElseThrow();
    }

    Install install() {
        return slot().install();
    }

    Phase phase() {
        return install().phase();
    }

    String reason() {
        return install().reason();
    }

    AttemptId attempt() {
        return slot().findOffer().orElseThrow().attempt();
    }

    Digest active() {
        return running().artifact();
    }

    Installed running() {
        return Objects.requireNonNull(slot().active(), "nothing is active");
    }

    Installed wayBack() {
        return Objects.requireNonNull(slot().previous(), "there is no way back");
    }

    <T extends Action> List<T> all(Class<T> kind) {
        return log.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    <T extends Action> T last(Class<T> kind) {
        List<T> all = all(kind);
        return all.get(all.size() - 1);
    }

    List<String> events() {
        return all(Action.Raise.class).stream()
                .map(raise -> raise.event().getCode())
                .toList();
    }

    List<String> details() {
        return all(Action.Raise.class).stream()
                .map(raise -> raise.event().getDetail())
                .toList();
    }

    /** The phases in the order in which the server hears of them. */
    List<Phase> reported() {
        List<Phase> phases = new ArrayList<>();
        for (Action.Report report : all(Action.Report.class)) {
            if (report.reported().getSlotsCount() > 0) {
                Phase phase = report.reported().getSlots(0).getAttempt().getPhase();
                if (phases.isEmpty() || phases.get(phases.size() - 1) != phase) {
                    phases.add(phase);
                }
            }
        }
        return phases;
    }

    static Chunk spoiled(Chunk chunk) {
        byte[] data = chunk.getData().toByteArray();
        data[0] ^= 1;
        return chunk.toBuilder().setData(ByteString.copyFrom(data)).build();
    }

    static BlobRef ref(byte[] blob) {
        return BlobRef.newBuilder()
                .setSha256(Digest.of(blob).toBytes())
                .setSize(blob.length)
                .build();
    }
}
