package io.tinyfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.board.Board;
import io.tinyfleet.agent.clock.Uptime;
import io.tinyfleet.agent.enrol.Identity;
import io.tinyfleet.agent.enrol.LinkAuthorities;
import io.tinyfleet.agent.fixture.Await;
import io.tinyfleet.agent.fixture.SmallFleet;
import io.tinyfleet.agent.fixture.SmallFleet.Published;
import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.install.Disk;
import io.tinyfleet.agent.install.ModelStore;
import io.tinyfleet.agent.install.NioDisk;
import io.tinyfleet.agent.install.RefusingHome;
import io.tinyfleet.agent.install.StateFile;
import io.tinyfleet.agent.link.Link;
import io.tinyfleet.agent.link.LinkEvent;
import io.tinyfleet.agent.outbox.Outbox;
import io.tinyfleet.agent.outbox.OutboxLimits;
import io.tinyfleet.agent.reconcile.AgentState;
import io.tinyfleet.agent.reconcile.Event;
import io.tinyfleet.agent.reconcile.Install;
import io.tinyfleet.agent.reconcile.Installed;
import io.tinyfleet.agent.reconcile.Pace;
import io.tinyfleet.agent.reconcile.SlotState;
import io.tinyfleet.agent.reconcile.Starts;
import io.tinyfleet.agent.reconcile.Trust;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.OutLeaf;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.DeviceEvent;
import io.tinyfleet.protocol.v1.Envelope;
import io.tinyfleet.protocol.v1.Window;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent that starts on a memory card which has made itself read-only, or is full. */
class RefusingDiskTest {
    private static final SlotName VAD = new SlotName("vad");
    private static final Set<String> CHANGES =
            Set.of("write", "writeAtomic", "truncate", "flush", "moveAtomically", "delete", "createDirectories");

    @TempDir
    Path folder;

    private final SmallFleet fleet = new SmallFleet();
    private final List<DeviceEvent> told = new CopyOnWriteArrayList<>();
    private @Nullable AgentHome homeOrNone;
    private @Nullable StandInModels modelsOrNone;

    /** A real disk that takes no changes below a folder. */
    private static Disk refusing(Path below, String words) {
        NioDisk real = new NioDisk();
        return (Disk) Proxy.newProxyInstance(
                Disk.class.getClassLoader(), new Class<?>[] {Disk.class}, (proxy, method, arguments) -> {
                    if (CHANGES.contains(method.getName()) && ((Path) arguments[0]).startsWith(below)) {
                        throw new FileSystemException(arguments[0].toString(), null, words);
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw Objects.requireNonNull(e.getCause());
                    }
                });
    }

    @BeforeEach
    void installs() throws IOException {
        Published v1 = fleet.publish("1.0.0", 100_000);
        AgentHome home = new AgentHome(folder.resolve("home"));
        homeOrNone = home;
        NioDisk disk = new NioDisk();
        home.create(disk);
        Installed active = new Installed(
                v1.artifact(),
                ReleaseId.fromBytes(v1.release().getReleaseId()),
                "vad",
                "1.0.0",
                v1.variant(),
                new AttemptId(new UUID(1, 1)),
                true,
                0);
        SlotState slot = SlotState.stored(VAD, active, null, new Install.Untried(), Starts.NONE);
        new StateFile(disk, home)
                .write(new AgentState(
                        0,
                        null,
                        SmallFleet.ISSUED,
                        Map.of(VAD, slot),
                        Map.of(),
                        Set.of(),
                        Trust.NONE,
                        false,
                        Pace.FREE));
    }

    @AfterEach
    void tidy() throws IOException {
        for (Path left : List.of(scratch().resolve("outbox"), scratch())) {
            try (var files = Files.list(left)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Files.delete(file);
                }
            }
        }
        Files.delete(scratch().resolve("outbox"));
        Files.delete(scratch());
    }

    private AgentHome home() {
        return Objects.requireNonNull(homeOrNone);
    }

    private Path scratch() {
        String name = home().root().toString();
        return Path.of(System.getProperty("java.io.tmpdir"))
                .resolve("tinyfleet-"
                        + Digest.of(name.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                                .shortHex());
    }

    private final class Wire implements Link {
        private final Predicate<LinkEvent> sink;

        Wire(Predicate<LinkEvent> sink) {
            this.sink = sink;
        }

        @Override
        public void open() {
            assertThat(sink.test(new LinkEvent.Up(1))).isTrue();
        }

        @Override
        public boolean publish(OutLeaf leaf, byte[] payload, Quality quality, Object token) {
            try {
                if (leaf == OutLeaf.EVENT) {
                    told.add(DeviceEvent.parseFrom(Envelope.parseFrom(payload).getBody()));
                }
                return true;
            } catch (com.google.protobuf.InvalidProtocolBufferException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void joinShared(Digest blob) {}

        @Override
        public void leaveShared(Digest blob) {}

        @Override
        public int room() {
            return 8;
        }

        @Override
        public void close() {}
    }

    private void runs(Disk disk, String code) throws Exception {
        RefusingHome refusing = RefusingHome.find(disk, home()).orElseThrow();
        assertThat(refusing.trouble().code()).isEqualTo(code);
        AgentHome used = refusing.home();
        assertThat(used.outbox()).startsWithRaw(scratch());
        assertThat(used.lock()).startsWithRaw(scratch());
        Identity identity = new Identity(
                SmallFleet.DEVICE,
                "generic-x86_64",
                "REAL",
                new Identity.Broker("tcp://127.0.0.1:1", "dev-7", "secret", LinkAuthorities.NONE),
                fleet.root());
        Clocks clocks = new Clocks(InstantSource.fixed(SmallFleet.ISSUED), Uptime.fromNow(), () -> false);
        Edge.Parts parts = new Edge.Parts(
                used, disk, identity, ModelStore.open(disk, used), Board.ofThisMachine(), clocks, Map.of());
        Outbox outbox = Outbox.open(disk, used.outbox(), OutboxLimits.DEFAULT);
        AgentLoop loop = new AgentLoop(parts, outbox, "test", new AgentLoop.Neighbours() {
            @Override
            public Link link(Predicate<LinkEvent> sink, Uplink.Presences presences) {
                return new Wire(sink);
            }

            @Override
            public Models models(Consumer<Event> answers, Consumer<Window> windows) {
                StandInModels models = new StandInModels(answers);
                modelsOrNone = models;
                return models;
            }
        });
        Thread thread = new Thread(loop::run, "agent-under-test");
        thread.start();
        try {
            Await.until(
                    () -> "the model to run and the trouble to be told: " + told,
                    () -> Objects.requireNonNull(modelsOrNone).running.containsKey(VAD)
                            && told.stream().anyMatch(event -> event.getCode().equals(code)));
        } finally {
            loop.stop();
            thread.join(20_000);
        }
        assertThat(Objects.requireNonNull(modelsOrNone).started).hasSize(1);
    }

    @Test
    void on_a_read_only_disk_the_installed_model_runs_and_the_server_hears_why_nothing_new_does() throws Exception {
        runs(refusing(home().root(), "Read-only file system"), "disk-read-only");
    }

    @Test
    void on_a_full_disk_too() throws Exception {
        runs(refusing(home().root(), "No space left on device"), "disk-full");
    }
}
