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
import io.tinyfleet.agent.install.RefusingHome;
import io.tinyfleet.agent.install.StateFile;
import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.agent.log.LogFiles;
import io.tinyfleet.agent.outbox.Outbox;
import io.tinyfleet.agent.outbox.OutboxLimits;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.trust.TrustedRoot;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The agent's commands:
 *
 * <pre>
 * enrol  --server URL --token TOKEN --id ID [--hardware-class CLASS]
 * run
 * check                                       the settings
 * status [--json]
 * logs   [--level LEVEL] [--since TIME] [--lines N] [--follow]
 * doctor [--json]
 * </pre>
 *
 * each with {@code --home DIR}, or {@code TINYFLEET_AGENT_HOME} in the environment. Exit codes: 0 done or stopped, 1 a
 * bug, 2 the command line or the settings, 3 not enrolled or enrolment refused, 4 another agent runs on the directory,
 * 5 the disk, 6 the doctor has found something that fails.
 */
public final class Agent {
    static final int DONE = 0;
    static final int BUG = 1;
    static final int USAGE = 2;
    static final int NOT_ENROLLED = 3;
    static final int IN_USE = 4;
    static final int DISK = 5;
    static final int UNWELL = 6;

    private static final long STOP_SECONDS = 20;
    private static final EventLog LOG = EventLog.of("agent");
    private static final String HELP = """
            usage: tinyfleet-agent COMMAND [--home DIR] ...
              enrol  --server URL --token TOKEN --id ID [--hardware-class CLASS]
              run
              check                                     is agent.properties right?
              status [--json]                           what runs, what is under way, the link
              logs   [--level warn] [--since 2h] [--lines 100] [--follow]
              doctor [--json]                           looks at all that the agent needs""";

    private Agent() {}

    public static void main(String[] arguments) {
        int code = BUG;
        try {
            code = run(arguments);
        } catch (CommandLine.UsageException e) {
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
            throws CommandLine.UsageException, SettingsFile.SettingsException, Enrolment.EnrolmentException,
                    NotEnrolledException, IOException {
        CommandLine line = CommandLine.parse(arguments);
        AgentHome home = new AgentHome(Path.of(line.home()));
        return switch (line.command()) {
            case ENROL -> enrol(home, line);
            case RUN -> runUntilStopped(home, new NioDisk());
            case CHECK -> check(home);
            case STATUS -> status(home, line.has("json"));
            case LOGS -> logs(home, line);
            case DOCTOR -> doctor(home, line.has("json"));
        };
    }

    // ---- enrol

    private static int enrol(AgentHome home, CommandLine line)
            throws CommandLine.UsageException, Enrolment.EnrolmentException, IOException {
        DeviceId device;
        try {
            device = new DeviceId(line.get("id"));
        } catch (IllegalArgumentException e) {
            throw new CommandLine.UsageException("--id: " + e.getMessage());
        }
        String hardwareClass = line.find("hardware-class")
                .orElseGet(() -> Board.ofThisMachine().defaultHardwareClass());
        Enrolment.Request request = new Enrolment.Request(line.get("server"), line.get("token"), device, hardwareClass);
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

    // ---- looking at it

    private static int check(AgentHome home) throws SettingsFile.SettingsException, IOException {
        AgentSettings settings = AgentSettings.read(home);
        List<Finding> factories = new FactoryModels(new NioDisk(), settings).check();
        factories.forEach(finding -> System.out.println(finding.text()));
        if (Finding.hasFailed(factories)) {
            return USAGE;
        }
        System.out.println(
                home.settings() + " is right; slots: " + settings.slots().keySet());
        return DONE;
    }

    /** The running agent's own answer, or what its disk holds. */
    private static int status(AgentHome home, boolean json) throws NotEnrolledException, IOException {
        StatusSocket.Answer answer = StatusSocket.ask(home).orElse(null);
        if (answer == null) {
            LiveStatus stored = storedStatus(home);
            answer = new StatusSocket.Answer(StatusReport.json(stored), StatusReport.text(stored));
        }
        System.out.println(json ? answer.json() : answer.text().stripTrailing());
        return DONE;
    }

    private static LiveStatus storedStatus(AgentHome home) throws NotEnrolledException, IOException {
        Disk disk = new NioDisk();
        Identity identity = Identity.read(disk, home);
        Map<String, String> sources;
        try {
            sources = AgentSettings.read(home).sources();
        } catch (SettingsFile.SettingsException e) {
            System.err.println(e.getMessage());
            sources = Map.of();
        }
        return new LiveStatus(
                new LiveStatus.Device(identity.device().value(), identity.kind(), identity.hardwareClass()),
                LiveStatus.Running.NOT,
                LiveStatus.LinkStatus.never(identity.broker().url()),
                0,
                clocks().trust().synchronised(),
                LiveStatus.freeBytes(disk, home),
                new StateFile(disk, home).read(),
                sources);
    }

    private static int logs(AgentHome home, CommandLine line) throws CommandLine.UsageException, IOException {
        LogsCommand logs = LogsCommand.of(line, home, InstantSource.system().instant(), System.out);
        if (line.has("follow")) {
            logs.follow();
        } else {
            logs.print();
        }
        return DONE;
    }

    private static int doctor(AgentHome home, boolean json) throws IOException {
        List<Finding> findings = new Doctor(home, new NioDisk(), clocks(), Board.ofThisMachine()).look();
        if (json) {
            System.out.println(Finding.json(findings));
        } else {
            findings.forEach(finding -> System.out.println(finding.text()));
        }
        return Finding.hasFailed(findings) ? UNWELL : DONE;
    }

    private static Clocks clocks() {
        return new Clocks(InstantSource.system(), Uptime.fromNow(), ClockTrust.ofLinux(Path.of("/")));
    }

    // ---- run

    /** The command {@code run} over a disk of the caller's: for runs that see what the agent makes of a bad one. */
    public static int runOn(Disk disk, AgentHome home) throws Exception {
        return runUntilStopped(home, disk);
    }

    private static int runUntilStopped(AgentHome wanted, Disk disk)
            throws SettingsFile.SettingsException, NotEnrolledException, IOException {
        AgentSettings settings = AgentSettings.read(wanted);
        Identity identity = identity(disk, wanted, settings);
        EventLog.setLowest(settings.logLevel());
        AgentHome home = home(disk, wanted);
        Clocks clocks = clocks();
        try (HomeLock lock = HomeLock.take(home, ProcessHandle.current().pid());
                LogFiles files = LogFiles.open(home.log(), settings.logBytes())) {
            EventLog.keepIn(files);
            LOG.info("starting", "home", home.root(), "lock", lock);
            ModelStore store = ModelStore.open(disk, home);
            try (Neighbourhood neighbours = Neighbourhood.of(home, settings, identity, clocks, store)) {
                OutboxLimits limits = OutboxLimits.DEFAULT.withMaxBytes(settings.outboxBytes());
                Outbox outbox = Outbox.open(disk, home.outbox(), limits);
                Edge.Parts parts =
                        new Edge.Parts(home, disk, identity, store, Board.ofThisMachine(), clocks, settings.sources());
                AgentLoop loop = new AgentLoop(parts, outbox, version(), neighbours);
                Optional<StatusSocket> status = StatusSocket.open(home, loop::status);
                try {
                    runUntilSignal(loop);
                } finally {
                    status.ifPresent(StatusSocket::close);
                }
            }
        }
        return DONE;
    }

    /** Without an enrolment there is still what came with the device's image. */
    private static Identity identity(Disk disk, AgentHome home, AgentSettings settings)
            throws NotEnrolledException, IOException {
        try {
            return Identity.read(disk, home);
        } catch (NotEnrolledException e) {
            TrustedRoot root = new FactoryModels(disk, settings).findRoot().orElseThrow(() -> e);
            System.out.println("AGENT NOT ENROLLED: it runs the models of this device's image alone");
            return Identity.notEnrolled(root, Board.ofThisMachine().defaultHardwareClass());
        }
    }

    private static AgentHome home(Disk disk, AgentHome wanted) throws IOException {
        Optional<RefusingHome> refusing = RefusingHome.find(disk, wanted);
        refusing.ifPresent(home -> LOG.warn(
                home.trouble().code(),
                "reason",
                home.trouble().sentence(),
                "scratch",
                home.home().scratch()));
        return refusing.map(RefusingHome::home).orElse(wanted);
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
