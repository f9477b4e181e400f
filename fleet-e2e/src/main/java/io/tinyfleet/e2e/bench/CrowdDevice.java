package io.tinyfleet.e2e.bench;

import io.tinyfleet.agent.enrol.Identity;
import io.tinyfleet.agent.link.Link;
import io.tinyfleet.agent.link.LinkEvent;
import io.tinyfleet.agent.link.LinkSettings;
import io.tinyfleet.agent.link.PahoLink;
import io.tinyfleet.agent.reconcile.Action;
import io.tinyfleet.agent.reconcile.AgentState;
import io.tinyfleet.agent.reconcile.Chunks;
import io.tinyfleet.agent.reconcile.Counters;
import io.tinyfleet.agent.reconcile.DeviceLimits;
import io.tinyfleet.agent.reconcile.Event;
import io.tinyfleet.agent.reconcile.Moment;
import io.tinyfleet.agent.reconcile.Reconciler;
import io.tinyfleet.agent.reconcile.Step;
import io.tinyfleet.agent.reconcile.Way;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.InLeaf;
import io.tinyfleet.protocol.Messages;
import io.tinyfleet.protocol.OutLeaf;
import io.tinyfleet.protocol.UnreadableMessageException;
import io.tinyfleet.protocol.trust.DesiredDocuments;
import io.tinyfleet.protocol.trust.HeadsDocuments;
import io.tinyfleet.protocol.trust.Releases;
import io.tinyfleet.protocol.trust.RoleName;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.v1.Chunk;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.DeviceFacts;
import io.tinyfleet.protocol.v1.Presence;
import io.tinyfleet.protocol.v1.PresenceKind;
import io.tinyfleet.protocol.v1.Runtime;
import io.tinyfleet.protocol.v1.StateMessage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * One of many devices in this process: the agent's own link and decisions, a disk of one file, no worker. It ends when
 * the file is whole and its digest right. Everything but {@link #offer} and the getters belongs to its thread.
 */
final class CrowdDevice implements Action.Edge, AutoCloseable {
    private static final int QUEUE_PLACES = 512;
    private static final int HASHED_BYTES = 64 * 1024;
    private static final Duration LONGEST_REST = Duration.ofSeconds(1);
    private static final long PLENTY = 1L << 34;
    private static final Runtime RUNTIME =
            Runtime.newBuilder().setName("onnxruntime").setVersion("1.23.2").build();

    private final Identity identity;
    private final Path file;
    private final Behaviour behaviour;
    private final Random random;
    private final long startNanos = System.nanoTime();
    private final BlockingQueue<Runnable> queue = new LinkedBlockingQueue<>(QUEUE_PLACES);
    private final Map<String, Timer> timers = new HashMap<>();
    private final Map<Digest, byte[]> blobs = new HashMap<>();
    private final Link link;
    private final Thread thread;
    private AgentState state = AgentState.fresh();
    private volatile boolean verified;
    private volatile boolean closing;
    private volatile long droppedChunks;
    private volatile String trouble = "";
    private volatile String doing = "";

    /**
     * How a device is unlike the others.
     *
     * @param loss share of chunk messages that it drops after receipt
     * @param delay how late it takes up its desired document
     */
    record Behaviour(double loss, Duration delay) {
        static final Behaviour GOOD = new Behaviour(0, Duration.ZERO);
    }

    private record Timer(Duration due, Runnable task) {}

    CrowdDevice(Identity identity, Path file, Behaviour behaviour) {
        this.identity = identity;
        this.file = file;
        this.behaviour = behaviour;
        this.random = new Random(identity.device().value().hashCode());
        LinkSettings settings = new LinkSettings(
                identity.broker().url(),
                identity.broker().authorities().certificates(),
                identity.device(),
                identity.broker().username(),
                identity.broker().password(),
                LinkSettings.KEEP_ALIVE,
                LinkSettings.SESSION_EXPIRY);
        this.link = new PahoLink(
                settings, () -> Instant.EPOCH, number -> presence(PresenceKind.WILL, number), this::offer, random);
        this.thread = new Thread(this::run, identity.device().value());
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
        link.open();
    }

    /** The whole file is here and its digest is the one that was asked for. */
    boolean isVerified() {
        return verified;
    }

    long droppedChunks() {
        return droppedChunks;
    }

    /** What went wrong, in a sentence, or what it is at; for the reader of a run that does not end. */
    String standing() {
        return identity.device() + ": " + (trouble.isEmpty() ? doing : trouble);
    }

    // ---- the loop

    private boolean offer(LinkEvent event) {
        boolean message = event instanceof LinkEvent.Received || event instanceof LinkEvent.ReceivedShared;
        if (message && queue.remainingCapacity() < QUEUE_PLACES / 2) {
            return false;
        }
        return queue.offer(() -> linked(event));
    }

    private void run() {
        try {
            handle(new Event.RootHeld(
                    identity.root().version(), identity.root().issuedAt(), EnumSet.noneOf(RoleName.class)));
            handle(new Event.Started());
            while (!closing) {
                Duration now = uptime();
                Duration until = timers.values().stream()
                        .map(Timer::due)
                        .min(Duration::compareTo)
                        .orElse(now.plus(LONGEST_REST));
                long millis = Math.max(
                        0, Math.min(LONGEST_REST.toMillis(), until.minus(now).toMillis() + 1));
                Optional.ofNullable(queue.poll(millis, TimeUnit.MILLISECONDS)).ifPresent(Runnable::run);
                fireTimers();
            }
        } catch (InterruptedException e) {
            // Only close() interrupts.
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            trouble = e.toString();
        }
    }

    private void fireTimers() {
        Duration now = uptime();
        for (Map.Entry<String, Timer> entry : List.copyOf(timers.entrySet())) {
            if (entry.getValue().due().compareTo(now) <= 0) {
                timers.remove(entry.getKey());
                entry.getValue().task().run();
            }
        }
    }

    private Duration uptime() {
        return Duration.ofNanos(System.nanoTime() - startNanos);
    }

    private void handle(Event event) {
        // The wall clock means nothing to a download: a fixed one will do.
        Step step = Reconciler.step(state, event, new Moment(uptime(), Instant.EPOCH, false));
        state = step.state();
        for (Action action : step.actions()) {
            action.in(this);
        }
    }

    /** After what is under way: an answer never comes in the middle of a step. */
    private void answer(Event event) {
        if (!queue.offer(() -> handle(event))) {
            throw new IllegalStateException("the queue of " + identity.device() + " is full");
        }
    }

    private void linked(LinkEvent event) {
        if (event instanceof LinkEvent.Up up) {
            link.publish(OutLeaf.STATE, presence(PresenceKind.HELLO, up.connection()), Link.Quality.AT_LEAST_ONCE, "");
            handle(new Event.Connected());
        } else if (event instanceof LinkEvent.Down) {
            handle(new Event.Disconnected());
        } else if (event instanceof LinkEvent.SharedJoined joined) {
            handle(new Event.SharedJoined(joined.blob(), joined.granted()));
        } else if (event instanceof LinkEvent.ReceivedShared shared) {
            chunk(shared.payload(), Way.SHARED);
        } else if (event instanceof LinkEvent.Received received) {
            received.handled().run();
            received(received.leaf(), received.payload());
        }
    }

    private void received(InLeaf leaf, byte[] payload) {
        if (leaf == InLeaf.BLOB) {
            chunk(payload, Way.OWN);
        } else if (leaf == InLeaf.DESIRED) {
            startTimer("desired", behaviour.delay(), () -> desired(payload));
        }
    }

    private void chunk(byte[] payload, Way way) {
        if (random.nextDouble() < behaviour.loss()) {
            droppedChunks++;
            return;
        }
        try {
            handle(new Event.ChunkArrived(Messages.read(Chunk.parser(), payload), way));
        } catch (UnreadableMessageException e) {
            trouble = e.toString();
        }
    }

    private void desired(byte[] envelope) {
        try {
            Desired desired = DesiredDocuments.verify(
                    identity.root(),
                    identity.device(),
                    state.desiredSeq(),
                    state.findDesiredDigest(),
                    Instant.EPOCH,
                    envelope);
            handle(new Event.DesiredVerified(desired, Digest.of(envelope)));
        } catch (TrustException e) {
            trouble = e.toString();
        }
    }

    private byte[] presence(PresenceKind kind, long connection) {
        Presence.Builder presence = Presence.newBuilder()
                .setKind(kind)
                .setBootCounter(1)
                .setConnection(connection)
                .setRootVersion(identity.root().version())
                .setLowestProtocol(1)
                .setHighestProtocol(1);
        if (kind == PresenceKind.HELLO) {
            presence.setFacts(DeviceFacts.newBuilder()
                    .setAgentVersion("bench")
                    .setHardwareClass(identity.hardwareClass())
                    .setArch("x86_64")
                    .setLibc("glibc 2.36")
                    .setOs("linux")
                    .setRamBytes(PLENTY)
                    .setFlashFreeBytes(PLENTY)
                    .addRuntimes(RUNTIME));
        }
        return StateMessage.newBuilder().setPresence(presence).build().toByteArray();
    }

    private void startTimer(String key, Duration delay, Runnable task) {
        timers.put(key, new Timer(uptime().plus(delay), task));
    }

    // ---- the edge

    @Override
    public void sendNeed(Action.SendNeed action) {
        doing = "asked for " + action.need().getRangesCount() + " ranges, shared "
                + action.need().getShared();
        link.publish(OutLeaf.NEED, action.need().toByteArray(), Link.Quality.AT_LEAST_ONCE, "");
    }

    @Override
    public void joinShared(Action.JoinShared action) {
        link.joinShared(action.blob());
    }

    @Override
    public void leaveShared(Action.LeaveShared action) {
        link.leaveShared(action.blob());
    }

    @Override
    public void fetchByLink(Action.FetchByLink action) {
        answer(new Event.LinkEnded(
                action.slot(), action.attempt(), action.range().blob(), "busy", "not measured here"));
    }

    @Override
    public void startTimer(Action.StartTimer action) {
        startTimer(action.key(), action.delay(), () -> handle(action.event()));
    }

    @Override
    public void findBlob(Action.FindBlob action) {
        Digest blob = Digest.fromBytes(action.blob().getSha256());
        byte[] content = blobs.get(blob);
        answer(
                content != null
                        ? new Event.BlobFound(action.slot(), action.attempt(), action.purpose(), content)
                        : new Event.BlobAbsent(
                                action.slot(),
                                action.attempt(),
                                action.purpose(),
                                blob,
                                action.blob().getSize()));
    }

    @Override
    public void storeBlob(Action.StoreBlob action) {
        blobs.put(action.blob(), action.content());
    }

    @Override
    public void findModel(Action.FindModel action) {
        Counters none = Counters.NONE.ofTotal(action.encoding().getBlob().getSize());
        answer(new Event.PartScanned(
                action.slot(), action.attempt(), action.chunkList(), Chunks.NONE, Chunks.NONE, none));
    }

    @Override
    public void writeChunk(Action.WriteChunk action) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            ByteBuffer content = ByteBuffer.wrap(action.content());
            while (content.hasRemaining()) {
                channel.write(content, action.offset() + content.position());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void assembleModel(Action.AssembleModel action) {
        Digest.Hasher hasher = Digest.hasher();
        byte[] piece = new byte[HASHED_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                hasher.update(piece, 0, read);
            }
            verified =
                    hasher.digest().toBytes().equals(action.encoding().getBlob().getSha256());
            trouble = verified ? "" : "the whole has another digest";
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void findMetadata(Action.FindMetadata action) {
        byte[] content = blobs.get(Digest.fromBytes(action.blob().getSha256()));
        answer(
                content != null
                        ? new Event.MetadataFound(action.blob(), content)
                        : new Event.MetadataAbsent(action.blob()));
    }

    @Override
    public void verifyHeads(Action.VerifyHeads action) {
        try {
            answer(new Event.HeadsVerified(
                    HeadsDocuments.verify(
                            identity.root(),
                            action.expected(),
                            action.stored(),
                            action.trustedTime(),
                            action.envelope()),
                    action.expected()));
        } catch (TrustException e) {
            trouble = e.toString();
        }
    }

    @Override
    public void verifyFloors(Action.VerifyFloors action) {
        trouble = "the model of this measurement has a floor: " + action.model();
    }

    @Override
    public void verifyRelease(Action.VerifyRelease action) {
        try {
            answer(new Event.ReleaseVerified(
                    action.slot(),
                    action.attempt(),
                    Releases.verify(identity.root(), action.model(), action.release(), action.envelope())));
        } catch (TrustException e) {
            trouble = e.toString();
        }
    }

    @Override
    public void measureLimits(Action.MeasureLimits action) {
        DeviceLimits limits = new DeviceLimits(PLENTY, PLENTY, "linux-x86_64-glibc", List.of(RUNTIME), null);
        answer(new Event.LimitsMeasured(action.slot(), action.attempt(), action.candidate(), limits));
    }

    @Override
    public void raise(Action.Raise action) {
        doing = action.event().getCode() + ": " + action.event().getDetail();
    }

    @Override
    public void report(Action.Report action) {}

    @Override
    public void noteRefusedChunk(Action.NoteRefusedChunk action) {}

    @Override
    public void collectGarbage(Action.CollectGarbage action) {}

    @Override
    public void runTrial(Action.RunTrial action) {}

    @Override
    public void startModel(Action.StartModel action) {}

    @Override
    public void stopModel(Action.StopModel action) {}

    @Override
    public void setPhase(Action.SetPhase action) {}

    @Override
    public void setWindow(Action.SetWindow action) {}

    @Override
    public void startShadow(Action.StartShadow action) {}

    @Override
    public void stopShadow(Action.StopShadow action) {}

    @Override
    public void close() {
        closing = true;
        link.close();
        thread.interrupt();
    }
}
