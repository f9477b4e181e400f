package io.tinyfleet.agent;

import io.tinyfleet.agent.board.Board;
import io.tinyfleet.agent.clock.ClockTrust;
import io.tinyfleet.agent.clock.Uptime;
import io.tinyfleet.agent.enrol.Enrolment;
import io.tinyfleet.agent.enrol.Identity;
import io.tinyfleet.agent.enrol.NotEnrolledException;
import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.install.Disk;
import io.tinyfleet.agent.install.HomeLock;
import io.tinyfleet.agent.install.ModelStore;
import io.tinyfleet.agent.install.NioDisk;
import io.tinyfleet.agent.install.StateFile;
import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.agent.outbox.Outbox;
import io.tinyfleet.agent.outbox.OutboxLimits;
import io.tinyfleet.protocol.DeviceId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The agent's commands:
 *
 * <pre>
 * enrol  --home DIR --server URL --token TOKEN --id ID [--hardware-class CLASS]
 * run    --home DIR
 * status --home DIR
 * </pre>
 *
 * Exit codes: 0 done or stopped, 1 a bug, 2 the command line or the settings, 3 not enrolled or enrolment refused, 4
 * another agent runs on the directory, 5 the disk.
 */
public final class Agent {
    static final int DONE = 0;
    static final int BUG = 1;
    static final int USAGE = 2;
    static final int NOT_ENROLLED = 3;
    static final int IN_USE = 4;
    static final int DISK = 5;

    private static final long STOP_SECONDS = 20;
    private static final EventLog LOG = EventLog.of("agent");
    private static final String HELP = "usage: tinyfleet-agent enrol --home DIR --server URL --token TOKEN --id ID"
            + " [--hardware-class CLASS]\n       tinyfleet-agent run --home DIR\n"
            + "       tinyfleet-agent status --home DIR";
    private static final Map<String, List<String>> OPTIONS = Map.of(
            "enrol", List.of("home", "server", "token", "id", "hardware-class"),
            "run", List.of("home"),
            "status", List.of("home"));

    private Agent() {}

    /** The command line is not one of ours. */
    private static final class UsageException extends Exception {
        private static final long serialVersionUID = 1L;

        UsageException(String sentence) {
            super(sentence);
        }
    }

    public static void main(String[] arguments) {
        int code = BUG;
        try {
            code = run(arguments);
        } catch (UsageException e) {
            System.err.println(e.getMessage() + "\n" + HELP);
            code = USAGE;
        } catch (SettingsFile.SettingsException e) {
            System.err.println(e.getMessage());
            code = USAGE;
        } catch (Enrolment.EnrolmentException | NotEnrolledException e) {
            System.err.println(e.getMessage());
            code = NOT_ENROLLED;
        } catch (HomeLock.HomeInUseException e) {
            System.err.println(e.getMessage());
            code = IN_USE;
        } catch (IOException e) {
            System.err.println(e);
            code = DISK;
        } catch (RuntimeException e) {
            LOG.error("agent-broke", e);
        }
        System.out.flush();
        if (code != DONE) {
            System.exit(code);
        }
    }

    private static int run(String[] arguments)
            throws UsageException, SettingsFile.SettingsException, Enrolment.EnrolmentException, NotEnrolledException,
                    IOException {
        String command = arguments.length == 0 ? "" : arguments[0];
        List<String> allowed = OPTIONS.get(command);
        if (allowed == null) {
            throw new UsageException(command.isEmpty() ? "a command is missing" : "there is no command " + command);
        }
        Map<String, String> options = options(arguments, allowed);
        AgentHome home = new AgentHome(Path.of(required(options, "home")));
        return switch (command) {
            case "enrol" -> enrol(home, options);
            case "status" -> status(home);
            default -> runUntilStopped(home, new NioDisk());
        };
    }

    private static Map<String, String> options(String[] arguments, List<String> allowed) throws UsageException {
        Map<String, String> options = new HashMap<>();
        for (int i = 1; i < arguments.length; i += 2) {
            String name = arguments[i].startsWith("--") ? arguments[i].substring(2) : "";
            if (!allowed.contains(name)) {
                throw new UsageException("there is no option " + arguments[i] + " here");
            }
            if (i + 1 == arguments.length) {
                throw new UsageException(arguments[i] + " needs a value");
            }
            options.put(name, arguments[i + 1]);
        }
        return options;
    }

    private static String required(Map<String, String> options, String name) throws UsageException {
        String value = options.get(name);
        if (value == null || value.isBlank()) {
            throw new UsageException("--" + name + " is missing");
        }
        return value;
    }

    // ---- enrol

    private static int enrol(AgentHome home, Map<String, String> options)
            throws UsageException, Enrolment.EnrolmentException, IOException {
        DeviceId device;
        try {
            device = new DeviceId(required(options, "id"));
        } catch (IllegalArgumentException e) {
            throw new UsageException("--id: " + e.getMessage());
        }
        String hardwareClass = Optional.ofNullable(options.get("hardware-class"))
                .orElseGet(() -> Board.ofThisMachine().defaultHardwareClass());
        Enrolment.Request request =
                new Enrolment.Request(required(options, "server"), required(options, "token"), device, hardwareClass);
        Disk disk = new NioDisk();
        home.create(disk);
        try (HomeLock lock = HomeLock.take(home, ProcessHandle.current().pid())) {
            Identity identity = new Enrolment(disk, home).enrol(request);
            System.out.println("AGENT ENROLLED id=" + identity.device() + " kind=" + identity.kind() + " root="
                    + identity.root().digest().shortHex());
            LOG.debug("lock-held", "lock", lock);
        }
        return DONE;
    }

    // ---- status

    private static int status(AgentHome home) throws IOException {
        System.out.println(StatusReport.of(new StateFile(new NioDisk(), home).read()));
        return DONE;
    }

    // ---- run

    /** The command {@code run} over a disk of the caller's: for runs that see what the agent makes of a bad one. */
    public static int runOn(Disk disk, AgentHome home) throws Exception {
        return runUntilStopped(home, disk);
    }

    private static int runUntilStopped(AgentHome home, Disk disk)
            throws SettingsFile.SettingsException, NotEnrolledException, IOException {
        Identity identity = Identity.read(disk, home);
        AgentSettings settings = AgentSettings.read(home);
        EventLog.setLowest(settings.logLevel());
        home.create(disk);
        Clocks clocks = new Clocks(InstantSource.system(), Uptime.fromNow(), ClockTrust.ofLinux(Path.of("/")));
        try (HomeLock lock = HomeLock.take(home, ProcessHandle.current().pid())) {
            LOG.info("starting", "home", home.root(), "lock", lock);
            ModelStore store = ModelStore.open(disk, home);
            try (Neighbourhood neighbours = Neighbourhood.of(home, settings, identity, clocks, store)) {
                OutboxLimits limits = OutboxLimits.DEFAULT.withMaxBytes(settings.outboxBytes());
                Outbox outbox = Outbox.open(disk, home.outbox(), limits);
                Edge.Parts parts = new Edge.Parts(home, disk, identity, store, Board.ofThisMachine(), clocks);
                runUntilSignal(new AgentLoop(parts, outbox, version(), neighbours));
            }
        }
        return DONE;
    }

    /** SIGTERM and SIGINT end the loop, and the JVM waits for it. */
    private static void runUntilSignal(AgentLoop loop) {
        CountDownLatch ended = new CountDownLatch(1);
        Thread onSignal = new Thread(
                () -> {
                    loop.stop();
                    try {
                        if (!ended.await(STOP_SECONDS, TimeUnit.SECONDS)) {
                            LOG.warn("stopped-late", "after_seconds", STOP_SECONDS);
                        }
                    } catch (InterruptedException e) {
                        // The JVM is going down already.
                        Thread.currentThread().interrupt();
                    }
                },
                "signal");
        Runtime.getRuntime().addShutdownHook(onSignal);
        try {
            loop.run();
        } finally {
            ended.countDown();
        }
    }

    static String version() {
        return Optional.ofNullable(Agent.class.getPackage().getImplementationVersion())
                .orElse("development");
    }
}
