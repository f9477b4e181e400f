package io.tinyfleet.e2e.faults;

import io.tinyfleet.e2e.process.Await;
import io.tinyfleet.e2e.process.Installation;
import io.tinyfleet.e2e.process.LoggedProcess;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.Attempt;
import io.tinyfleet.protocol.v1.ReportedSlot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One device whose agent is killed again and again. Owned by one thread. */
final class FaultDevice {
    static final Duration PROBATION = Duration.ofSeconds(1);

    /** A shipped start takes a second; this is for a machine with much else to do. */
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static final String WORKER = "io.tinyfleet.agent.runtime.worker.Worker";

    private final DeviceId id;
    private final Path home;
    private final Path log;
    private final Installation installation;
    private final FaultServer server;
    private @Nullable LoggedProcess agent;
    private FaultFleet.@Nullable Offered offered;
    private int models;

    FaultDevice(String id, Path folder, Installation installation, FaultServer server, String brokerUrl)
            throws IOException {
        this.id = new DeviceId(id);
        this.home = folder.resolve(id);
        this.log = folder.resolve(id + ".log");
        this.installation = installation;
        this.server = server;
        prepare(home, this.id, server.fleet(), brokerUrl);
        Files.writeString(home.resolve("agent.properties"), "slot.vad.source=replay\nslot.vad.replay.input=silence\n");
    }

    /** As enrolment leaves it. */
    static void prepare(Path home, DeviceId id, FaultFleet fleet, String brokerUrl) throws IOException {
        Path identity = home.resolve("identity");
        Files.createDirectories(identity);
        Files.write(identity.resolve("root.dsse"), fleet.root());
        Files.writeString(
                identity.resolve("credentials.properties"),
                "device.id=" + id + "\nhardware-class=generic-x86_64\nkind=SIMULATED\nmqtt.url=" + brokerUrl
                        + "\nmqtt.username=" + id + "\nmqtt.password=none\n");
    }

    /** Something is not as it should be after a fault. */
    static final class UnsafeException extends Exception {
        private static final long serialVersionUID = 1L;

        UnsafeException(String sentence) {
            super(sentence);
        }
    }

    /** Another model, of bytes that were never seen before. */
    void offerNext() {
        FaultFleet.Offered before = offered;
        models++;
        offered = server.want(id, FaultModel.onnx(FaultModel.BYTES, models, id.hashCode() * 31L + models), PROBATION);
        if (before != null) {
            server.fleet().forget(before.artifact());
        }
    }

    void start(FaultyDisk.Ending ending, int change) throws IOException {
        String classPath = installation.root().resolve("device-agent/target/agent/lib") + "/*:"
                + installation.root().resolve("fleet-e2e/target/classes");
        agent = LoggedProcess.start(
                "agent-" + id,
                List.of(
                        LoggedProcess.javaCommand(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx48m",
                        "-Xshare:auto",
                        "-cp",
                        classPath,
                        FaultyAgent.class.getName(),
                        home.toString(),
                        ending.name(),
                        Integer.toString(change)),
                Map.of(),
                log);
    }

    private LoggedProcess agent() {
        return Objects.requireNonNull(agent);
    }

    void kill() {
        if (agent != null) {
            agent.kill();
        }
    }

    /** Waits until the agent has ended itself; false when it has come to the end of the installation instead. */
    boolean awaitFault() throws UnsafeException {
        try {
            Await.until("the fault or the end", LIMIT, () -> !agent().isAlive() || isHealthy(), this::story);
        } catch (RuntimeException e) {
            throw new UnsafeException("neither fault nor end: " + e.getMessage());
        }
        if (agent().isAlive()) {
            return false;
        }
        int status = agent().awaitExit(LIMIT);
        if (status != FaultyDisk.KILLED) {
            throw new UnsafeException("the agent ended with " + status + ": " + agent().lastLines());
        }
        return true;
    }

    /** Whether the disk has ended the agent. */
    boolean hasFaulted() {
        return !agent().isAlive() && agent().awaitExit(LIMIT) == FaultyDisk.KILLED;
    }

    private boolean isHealthy() {
        return server.isHealthy(id, Objects.requireNonNull(offered));
    }

    /** The device must come to run what it was offered, whatever happened before. */
    void checkHeals() throws UnsafeException {
        await("the offered model to be confirmed", this::isHealthy);
        await("one worker", () -> workers() == 1);
        FaultFleet.Offered newest = Objects.requireNonNull(offered);
        if (!activeReported().equals(Optional.of(newest.artifact()))) {
            throw new UnsafeException("confirmed, and yet it runs " + activeReported());
        }
        checkModels();
    }

    /** In this life a model came up, it is a whole one, and it is the only one that answers. */
    void checkRuns() throws UnsafeException {
        await("a model to run", () -> agent().lastLines().contains("model-started"));
        checkModels();
        if (!agent().isAlive()) {
            throw new UnsafeException("the agent ended by itself");
        }
    }

    private void await(String what, java.util.function.BooleanSupplier condition) throws UnsafeException {
        try {
            Await.until(what, LIMIT, () -> condition.getAsBoolean() || !agent().isAlive(), this::story);
        } catch (RuntimeException e) {
            throw new UnsafeException(String.valueOf(e.getMessage()));
        }
        if (!agent().isAlive()) {
            throw new UnsafeException("the agent ended while it was waited for " + what + ": " + story());
        }
    }

    private Optional<Digest> activeReported() {
        return server.findReported(id)
                .filter(ReportedSlot::hasActive)
                .map(slot -> Digest.fromBytes(slot.getActive().getSha256()));
    }

    /** A file under {@code models/} is whole and right, always. */
    private void checkModels() throws UnsafeException {
        try (Stream<Path> models = Files.list(home.resolve("models"))) {
            for (Path folder : models.toList()) {
                Path file = folder.resolve("model");
                if (Files.exists(file)
                        && !Digest.ofFile(file)
                                .hex()
                                .equals(folder.getFileName().toString())) {
                    throw new UnsafeException("half a model under " + folder);
                }
            }
        } catch (java.nio.file.NoSuchFileException e) {
            // Collected as garbage just now.
            System.err.println("gone: " + e.getMessage());
        } catch (IOException e) {
            throw new UnsafeException("the models cannot be read: " + e);
        }
    }

    private long workers() {
        return ProcessHandle.of(agent().pid()).stream()
                .flatMap(ProcessHandle::descendants)
                .filter(child -> child.info().commandLine().orElse("").contains(WORKER))
                .count();
    }

    private String story() {
        String attempt = server.findReported(id)
                .map(ReportedSlot::getAttempt)
                .map(Attempt::toString)
                .orElse("nothing reported");
        return id + ", workers " + workers() + ", " + attempt + "\n" + agent().lastLines();
    }
}
