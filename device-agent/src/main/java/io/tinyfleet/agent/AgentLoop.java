package io.tinyfleet.agent;

import io.tinyfleet.agent.board.Board;
import io.tinyfleet.agent.enrol.CurrentRoot;
import io.tinyfleet.agent.install.DiskTrouble;
import io.tinyfleet.agent.install.StateFile;
import io.tinyfleet.agent.link.Link;
import io.tinyfleet.agent.link.LinkEvent;
import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.agent.outbox.Outbox;
import io.tinyfleet.agent.reconcile.Action;
import io.tinyfleet.agent.reconcile.AgentState;
import io.tinyfleet.agent.reconcile.Event;
import io.tinyfleet.agent.reconcile.Factory;
import io.tinyfleet.agent.reconcile.Reconciler;
import io.tinyfleet.agent.reconcile.SlotInput;
import io.tinyfleet.agent.reconcile.Step;
import io.tinyfleet.agent.reconcile.Trust;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.trust.RoleName;
import io.tinyfleet.protocol.v1.Ack;
import io.tinyfleet.protocol.v1.DeviceFacts;
import io.tinyfleet.protocol.v1.PresenceKind;
import io.tinyfleet.protocol.v1.Stream;
import io.tinyfleet.protocol.v1.Window;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The edge around {@link Reconciler}: one thread takes events from one bounded queue, stores the state of each step and
 * then has its actions done. Everything here belongs to that thread, but {@link #answer}, {@link #offer},
 * {@link #window} and {@link #stop}.
 */
final class AgentLoop {
    /** Places in the queue. Messages from the broker get only half of them, so that answers always find one. */
    static final int QUEUE_PLACES = 1024;

    /** Chunks for all are dropped beyond so many waiting messages: 3 MiB at most wait in memory. */
    static final int SHARED_PLACES = 64;

    static final Duration HEARTBEAT = Duration.ofSeconds(60);
    private static final Duration SERVED_EVERY = Duration.ofSeconds(1);
    private static final Duration STORE_AGAIN = Duration.ofSeconds(5);
    private static final Duration LONGEST_REST = Duration.ofSeconds(60);
    private static final Duration FLUSH = Duration.ofSeconds(3);
    private static final long BACKGROUND_IDLE_SECONDS = 5;

    /** After a connection: its handshake is over, and whatever was waiting has been sent. */
    private static final Duration SETTLED = Duration.ofSeconds(15);

    /** Steps that wait for the disk to take them. */
    private static final int MAX_POSTPONED = 64;

    private static final EventLog LOG = EventLog.of("agent");

    private final BlockingQueue<Runnable> queue = new LinkedBlockingQueue<>(QUEUE_PLACES);
    private final Deque<Event> answers = new ArrayDeque<>();
    private final Deque<Event> postponed = new ArrayDeque<>();
    private final Timers timers = new Timers();
    private final Edge.Parts parts;
    private final Clocks clocks;
    private final StateFile stateFile;
    private final Link link;
    private final Uplink uplink;
    private final Uplink.Presences presences;
    private final Models models;
    private final Supervisor supervisor;
    private final Map<SlotName, Factory> factories;
    private final Edge edge;
    private final Inbox inbox;
    private final CurrentRoot root;
    private final String version;
    private AgentState state;
    private AgentState stored;
    private Duration servedAt = Duration.ZERO;
    private long connection;
    private boolean readySaid;
    private String diskTold = "";
    private LiveStatus.LinkStatus linkStatus;
    private volatile Seen seen;
    private volatile boolean stopping;

    /** What other threads may see of the loop, as it was after its last turn. */
    private record Seen(LiveStatus.LinkStatus link, int waiting, AgentState state) {}

    /** How the loop gets its neighbours, which need the loop themselves. */
    interface Neighbours {
        Link link(Predicate<LinkEvent> sink, Uplink.Presences presences);

        Models models(Consumer<Event> answers, Consumer<Window> windows);

        /** The models that came with the device's image. */
        default Map<SlotName, Factory> factories(Models models) {
            return Map.of();
        }

        /** Who is told that the agent runs. */
        default Supervisor supervisor() {
            return Supervisor.NOBODY;
        }
    }

    AgentLoop(Edge.Parts parts, Outbox outbox, String version, Neighbours neighbours) throws IOException {
        this.parts = parts;
        this.clocks = parts.clocks();
        this.version = version;
        this.stateFile = new StateFile(parts.disk(), parts.home());
        this.state = stateFile.read();
        this.stored = state.durable();
        this.presences = new Uplink.Presences(clocks);
        presences.desiredSeq(state.desiredSeq());
        presences.signedTime(state.latestSignedTime());
        this.root = new CurrentRoot(parts.identity().root(), parts.disk(), parts.home());
        presences.rootVersion(root.root().version());
        this.link = neighbours.link(this::offer, presences);
        this.uplink = new Uplink(outbox, presences, link);
        this.supervisor = neighbours.supervisor();
        this.models = neighbours.models(this::answer, this::window);
        this.factories = neighbours.factories(models);
        this.edge = new Edge(
                parts, root, uplink, models, timers, background(), new Edge.Answers(answers::add, this::answer));
        this.linkStatus = LiveStatus.LinkStatus.never(parts.identity().broker().url());
        this.inbox = new Inbox(parts.identity(), root, parts.disk(), parts.home(), this::acknowledged);
        this.seen = look();
    }

    private static ThreadPoolExecutor background() {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(
                1, 1, BACKGROUND_IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "disk");
                    thread.setDaemon(true);
                    return thread;
                });
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    /** How the agent is; from any thread. */
    LiveStatus status() {
        Seen now = seen;
        var identity = parts.identity();
        return new LiveStatus(
                new LiveStatus.Device(identity.device().value(), identity.kind(), identity.hardwareClass()),
                new LiveStatus.Running(
                        ProcessHandle.current().pid(), version, clocks.uptime().read()),
                now.link(),
                now.waiting(),
                clocks.read().clockSynchronised(),
                LiveStatus.freeBytes(parts.disk(), parts.home()),
                now.state(),
                sources());
    }

    /** What feeds each slot, and what is wrong with it. */
    private Map<String, String> sources() {
        Map<String, String> sources = new TreeMap<>(parts.sources());
        models.troubles().forEach((slot, trouble) -> sources.merge(slot, trouble, (name, why) -> name + ": " + why));
        return sources;
    }

    private Seen look() {
        return new Seen(linkStatus, uplink.waiting(), state);
    }

    // ---- from other threads

    /** An answer to an action. */
    void answer(Event event) {
        put(() -> handle(event));
    }

    /** A message or a change of the link; false when the broker has to send it again later. */
    boolean offer(LinkEvent event) {
        if (event instanceof LinkEvent.ReceivedShared && queue.size() >= SHARED_PLACES) {
            return false;
        }
        if (event instanceof LinkEvent.Received && queue.remainingCapacity() < QUEUE_PLACES / 2) {
            return false;
        }
        return queue.offer(() -> linked(event));
    }

    /** A closed telemetry window. */
    void window(Window window) {
        if (!queue.offer(() -> uplink.keep(Stream.TELEMETRY, window.toByteString(), clocks.read()))) {
            LOG.warn("window-lost", "slot", window.getSlot());
        }
    }

    /** Ends {@link #run()} after what is under way has been stored and sent. */
    void stop() {
        stopping = true;
        queue.offer(() -> LOG.info("stopping"));
    }

    private void put(Runnable task) {
        try {
            queue.put(task);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            LOG.warn("answer-lost");
        }
    }

    // ---- the loop

    void run() {
        handle(rootAtStart());
        handle(new Event.FactoriesLooked(factories));
        handle(new Event.Started());
        link.open();
        supervisor.ready();
        aliveLater();
        while (!stopping) {
            rest();
            fireTimers();
            serve();
            uplink.pump(clocks.uptime().read());
            seen = look();
        }
        end();
    }

    /**
     * A cut between the root's file and the state leaves a root that the state does not know: then nothing that director
     * and heads said under the one before counts. All they say is bound to its root, so this loses no protection.
     */
    private Event rootAtStart() {
        long known = state.trust().rootVersion();
        boolean cut = known != 0 && known != root.root().version();
        return new Event.RootHeld(
                root.root().version(),
                root.root().issuedAt(),
                cut ? EnumSet.of(RoleName.DIRECTOR, RoleName.HEADS) : EnumSet.noneOf(RoleName.class));
    }

    private void rest() {
        Duration now = clocks.uptime().read();
        Duration until = timers.findNext().orElse(now.plus(LONGEST_REST));
        if (connection > 0 && uplink.nextDue().compareTo(until) < 0 && link.room() > 0) {
            until = uplink.nextDue();
        }
        long millis =
                Math.max(0, Math.min(LONGEST_REST.toMillis(), until.minus(now).toMillis() + 1));
        try {
            Runnable task = queue.poll(millis, TimeUnit.MILLISECONDS);
            while (task != null) {
                task.run();
                task = queue.poll();
            }
        } catch (InterruptedException e) {
            // Nobody interrupts the loop but to end it.
            stopping = true;
        }
    }

    private void fireTimers() {
        Duration now = clocks.uptime().read();
        for (Optional<Runnable> due = timers.takeDue(now); due.isPresent(); due = timers.takeDue(now)) {
            due.get().run();
            drainAnswers();
        }
    }

    /** Stores, then acts; answers that came at once are handled before anything from outside. */
    private void handle(Event event) {
        answers.add(event);
        drainAnswers();
    }

    private void drainAnswers() {
        for (Event next = answers.poll(); next != null; next = answers.poll()) {
            step(next);
        }
    }

    private void step(Event event) {
        Step step = Reconciler.step(state, event, clocks.read());
        AgentState durable = step.state().durable();
        if (!durable.equals(stored)) {
            try {
                stateFile.write(durable);
            } catch (IOException e) {
                postpone(event, e);
                return;
            }
            stored = durable;
            tellDisk(null);
        }
        state = step.state();
        presences.desiredSeq(state.desiredSeq());
        presences.signedTime(state.latestSignedTime());
        for (Action action : step.actions()) {
            action.in(edge);
        }
    }

    /** A step that cannot be stored is not taken: it is tried again, and everything stays as it was until then. */
    private void postpone(Event event, IOException e) {
        LOG.warn("state-not-stored", "event", event.getClass().getSimpleName(), "reason", e.getMessage());
        if (postponed.size() < MAX_POSTPONED) {
            postponed.add(event);
        }
        tellDisk(DiskTrouble.of(e));
        if (event instanceof Event.Started || event instanceof Event.RestartDue) {
            DiskTrouble trouble = DiskTrouble.of(e);
            answers.add(new Event.DiskRefused(trouble.code(), trouble.sentence()));
        }
        timers.start("postponed", clocks.uptime().read().plus(STORE_AGAIN), () -> {
            answers.addAll(postponed);
            postponed.clear();
        });
    }

    /** Said once, and once when it is over. */
    private void tellDisk(@Nullable DiskTrouble trouble) {
        String code = trouble == null ? "" : trouble.code();
        if (!code.equals(diskTold)) {
            diskTold = code;
            answers.add(new Event.DiskChanged(
                    trouble == null ? null : new Trust.Trouble(trouble.code(), trouble.sentence())));
        }
    }

    /** Running time and inferences, once a second while something runs. */
    private void serve() {
        if (state.slots().values().stream().noneMatch(slot -> slot.active() != null)) {
            return;
        }
        Duration now = clocks.uptime().read();
        if (now.minus(servedAt).compareTo(SERVED_EVERY) >= 0) {
            servedAt = now;
            models.served(now).forEach(this::handle);
            seeInputs(now);
        }
        timers.start("serve", servedAt.plus(SERVED_EVERY), () -> {});
    }

    /** A step only where the server was told something else. */
    private void seeInputs(Duration now) {
        Map<SlotName, SlotInput> told = state.equipment().inputs();
        Map<SlotName, SlotInput> changed = new TreeMap<>();
        models.inputs().forEach((name, input) -> {
            SlotInput before = told.get(name);
            if (before == null || before.state() != input.state()) {
                changed.put(name, new SlotInput(input.state(), input.reason(), now));
            }
        });
        if (!changed.isEmpty()) {
            handle(new Event.InputsSeen(changed));
        }
    }

    // ---- the link

    private void linked(LinkEvent event) {
        if (event instanceof LinkEvent.Received received) {
            inbox.read(received.leaf(), received.payload(), state, clocks.read())
                    .ifPresent(this::handle);
            tellRootVersion();
            received.handled().run();
        } else if (event instanceof LinkEvent.ReceivedShared shared) {
            inbox.readShared(shared.payload()).ifPresent(this::handle);
        } else if (event instanceof LinkEvent.SharedJoined joined) {
            handle(new Event.SharedJoined(joined.blob(), joined.granted()));
        } else if (event instanceof LinkEvent.Delivered delivered) {
            uplink.delivered(delivered.token());
        } else if (event instanceof LinkEvent.Up up) {
            connected(up.connection());
        } else if (event instanceof LinkEvent.Failed failed) {
            linkStatus = linkStatus.down(failed.reason(), clocks.wall().instant());
        } else if (event instanceof LinkEvent.Down down) {
            linkStatus = linkStatus.down(down.reason(), clocks.wall().instant());
            connection = 0;
            timers.cancel("heartbeat");
            uplink.disconnected();
            handle(new Event.Disconnected());
        }
    }

    /** After a step the server hears at once that it has come this far. */
    private void tellRootVersion() {
        if (presences.rootVersion(root.root().version()) && connection > 0) {
            uplink.presence(PresenceKind.HEARTBEAT, connection);
        }
    }

    private void connected(long number) {
        connection = number;
        linkStatus = linkStatus.up(number, clocks.wall().instant());
        uplink.hello(number, facts());
        heartbeatLater();
        settleLater();
        handle(new Event.Connected());
        if (!readySaid) {
            readySaid = true;
            System.out.println("AGENT READY id=" + parts.identity().device() + " broker="
                    + parts.identity().broker().url());
        }
    }

    /** Said by the loop's own thread: when that hangs, nobody says it any more. */
    private void aliveLater() {
        supervisor
                .interval()
                .ifPresent(
                        interval -> timers.start("alive", clocks.uptime().read().plus(interval), () -> {
                            supervisor.alive();
                            aliveLater();
                        }));
    }

    /**
     * Start and handshake leave a heap half full of what nobody needs, the JDK's list of authorities above all. An idle
     * agent makes so little garbage that it would keep all of it for days; one collection of 20 ms gives it back.
     */
    private void settleLater() {
        timers.start("settle", clocks.uptime().read().plus(SETTLED), System::gc);
    }

    private void heartbeatLater() {
        timers.start("heartbeat", clocks.uptime().read().plus(HEARTBEAT), () -> {
            uplink.presence(PresenceKind.HEARTBEAT, connection);
            heartbeatLater();
        });
    }

    private void acknowledged(Ack ack) {
        if (uplink.acknowledged(ack, clocks.read()) && connection > 0) {
            LOG.info("boot-counter-moved", "because", "the server knows a later one");
            uplink.hello(connection, facts());
        }
    }

    private DeviceFacts facts() {
        Board board = parts.board();
        DeviceFacts.Builder facts = DeviceFacts.newBuilder()
                .setAgentVersion(version)
                .setHardwareClass(parts.identity().hardwareClass())
                .setArch(board.arch())
                .setLibc(board.libc())
                .setOs(board.os())
                .setRamBytes(board.ramBytes().orElse(0))
                .setBoard(board.name())
                .addAllRuntimes(models.runtimes());
        try {
            facts.setFlashFreeBytes(parts.disk().freeBytes(parts.home().root()));
        } catch (IOException e) {
            LOG.warn("flash-not-measured", "reason", e.getMessage());
        }
        return facts.build();
    }

    // ---- the end

    private void end() {
        supervisor.stopping();
        handle(new Event.StopAsked());
        models.close();
        Duration until = clocks.uptime().read().plus(FLUSH);
        while (connection > 0 && clocks.uptime().read().compareTo(until) < 0) {
            Duration now = clocks.uptime().read();
            uplink.pump(now);
            boolean nothingDue = uplink.nextDue().compareTo(now) > 0;
            if (nothingDue && queue.isEmpty()) {
                break;
            }
            takeOne();
        }
        Optional.ofNullable(queue.poll()).ifPresent(Runnable::run);
        uplink.presence(PresenceKind.GOODBYE, connection);
        link.close();
        LOG.info("stopped", "waiting", uplink.waiting());
    }

    private void takeOne() {
        try {
            Runnable task = queue.poll(20, TimeUnit.MILLISECONDS);
            if (task != null) {
                task.run();
            }
        } catch (InterruptedException e) {
            // The end is near anyway; what was not sent is in the outbox.
            connection = 0;
        }
    }
}
