package io.tinyfleet.agent;

import io.tinyfleet.agent.board.Board;
import io.tinyfleet.agent.enrol.Identity;
import io.tinyfleet.agent.enrol.NotEnrolledException;
import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.install.Disk;
import io.tinyfleet.agent.install.StateFile;
import io.tinyfleet.agent.power.EnergyMeters;
import io.tinyfleet.agent.runtime.RuntimeProbe;
import io.tinyfleet.protocol.v1.EnergyLabel;
import io.tinyfleet.protocol.v1.Runtime;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code doctor}: looks at all that an agent needs, beside one that runs or without it, and changes nothing. */
final class Doctor {
    private static final long MEGABYTE = 1_000_000;
    private static final long LITTLE_DISK = 200 * MEGABYTE;
    private static final long NO_DISK = 20 * MEGABYTE;
    private static final long LITTLE_RAM = 100 * MEGABYTE;
    private static final Duration SLOW_FLUSH = Duration.ofSeconds(1);
    private static final Instant FIRST_RELEASE = Instant.parse("2026-01-01T00:00:00Z");

    private final AgentHome home;
    private final Disk disk;
    private final Clocks clocks;
    private final Board board;
    private final List<Finding> findings = new ArrayList<>();

    Doctor(AgentHome home, Disk disk, Clocks clocks, Board board) {
        this.home = home;
        this.disk = disk;
        this.clocks = clocks;
        this.board = board;
    }

    List<Finding> look() throws IOException {
        board();
        boolean hasHome = home();
        @Nullable AgentSettings settings = settings();
        @Nullable Identity identity = identity();
        Instant signed = hasHome ? new StateFile(disk, home).read().latestSignedTime() : Instant.EPOCH;
        clock(signed);
        if (hasHome && settings != null) {
            runtimes(settings);
        }
        if (settings != null) {
            factories(settings, identity);
        }
        if (identity != null) {
            findings.add(BrokerCheck.look(identity.broker(), () -> earliestNow(signed)));
            power(identity);
        }
        agent();
        return List.copyOf(findings);
    }

    private Instant earliestNow(Instant signed) {
        var now = clocks.read();
        return now.clockSynchronised() && now.wall().isAfter(signed) ? now.wall() : signed;
    }

    private void board() {
        String found = board.name() + ", " + board.arch() + ", " + board.libc() + ", " + board.os();
        if (board.libc().equals("unknown")) {
            findings.add(Finding.warn(
                    "board",
                    found,
                    "the C library is not recognised: models may be refused as" + " unfit for " + board.abi()));
        } else {
            findings.add(Finding.ok("board", found));
        }
        long free = board.ramAvailableBytes().orElse(0);
        String ram = free / MEGABYTE + " of " + board.ramBytes().orElse(0) / MEGABYTE + " MB of memory available";
        findings.add(
                free >= LITTLE_RAM
                        ? Finding.ok("memory", ram)
                        : Finding.warn("memory", ram, "a worker needs 45 to 90 MB beside its model: free some memory"));
    }

    /** Whether the home is there and takes what is written. */
    private boolean home() {
        Path probe = home.root().resolve(".doctor-" + ProcessHandle.current().pid());
        long start = System.nanoTime();
        try {
            if (!Files.isDirectory(home.root())) {
                findings.add(Finding.fail(
                        "disk",
                        home.root() + " is not there",
                        "enrol this device, or give the" + " directory it was enrolled in with --home"));
                return false;
            }
            disk.writeAtomic(probe, "probe".getBytes(StandardCharsets.US_ASCII));
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            Files.deleteIfExists(probe);
            long free = disk.freeBytes(home.root());
            String found = free / MEGABYTE + " MB free at " + home.root() + ", a write reaches the medium in "
                    + took.toMillis() + " ms";
            if (free < NO_DISK) {
                findings.add(Finding.fail(
                        "disk",
                        found,
                        "free at least " + NO_DISK / MEGABYTE
                                + " MB: no model can be fetched and messages will be lost"));
            } else if (free < LITTLE_DISK || took.compareTo(SLOW_FLUSH) > 0) {
                findings.add(Finding.warn("disk", found, "make room, or look whether the medium is worn out"));
            } else {
                findings.add(Finding.ok("disk", found));
            }
            return true;
        } catch (IOException e) {
            findings.add(Finding.fail(
                    "disk",
                    home.root() + " cannot be written: " + e,
                    "mount it writable, free some" + " space, and run this as the user that the agent runs as"));
            return Files.isReadable(home.root());
        }
    }

    private @Nullable AgentSettings settings() {
        try {
            AgentSettings settings = AgentSettings.read(home);
            findings.add(Finding.ok("settings", settings.slots().size() + " slots in " + home.settings()));
            return settings;
        } catch (SettingsFile.SettingsException e) {
            e.problems()
                    .forEach(problem ->
                            findings.add(Finding.fail("settings", problem, "correct it in " + home.settings())));
        } catch (IOException e) {
            findings.add(Finding.fail(
                    "settings",
                    home.settings() + " cannot be read: " + e,
                    "make it readable for the" + " agent's user"));
        }
        return null;
    }

    private @Nullable Identity identity() {
        try {
            Identity identity = Identity.read(disk, home);
            List<String> open = openFiles();
            String found = "enrolled as " + identity.device() + " (" + identity.kind() + ")";
            findings.add(
                    open.isEmpty()
                            ? Finding.ok("identity", found)
                            : Finding.warn(
                                    "identity",
                                    found + ", but others can read " + String.join(", ", open),
                                    "chmod 600 the files in " + home.identity()));
            return identity;
        } catch (NotEnrolledException e) {
            findings.add(Finding.fail(
                    "identity",
                    String.valueOf(e.getMessage()),
                    "tinyfleet-agent enrol --server URL" + " --token TOKEN --id ID"));
        } catch (IOException e) {
            findings.add(Finding.fail("identity", "it cannot be read: " + e, "run this as the agent's user"));
        }
        return null;
    }

    private List<String> openFiles() throws IOException {
        Set<PosixFilePermission> others = Set.of(PosixFilePermission.OTHERS_READ, PosixFilePermission.GROUP_READ);
        List<String> open = new ArrayList<>();
        for (String name : List.of("device-key.pem", "credentials.properties")) {
            Path file = home.identity().resolve(name);
            if (Files.exists(file)
                    && Files.getPosixFilePermissions(file).stream().anyMatch(others::contains)) {
                open.add(name);
            }
        }
        return open;
    }

    private void clock(Instant signed) {
        Instant wall = clocks.wall().instant();
        String found = wall + ", latest signed time " + signed;
        boolean synchronised = clocks.trust().synchronised();
        if (synchronised && !wall.isBefore(FIRST_RELEASE)) {
            findings.add(Finding.ok("clock", found + ", synchronised"));
            return;
        }
        findings.add(Finding.warn(
                "clock",
                found + ", nobody says that it is synchronised",
                "switch on"
                        + " systemd-timesyncd, chrony or ntpd: until then the device goes by signed times alone, and cannot"
                        + " notice that it is kept on old documents"));
    }

    private void runtimes(AgentSettings settings) {
        RuntimeProbe probe = new RuntimeProbe(home.root(), settings.javaCommand());
        if (probe.carried().isEmpty()) {
            findings.add(Finding.fail(
                    "runtime",
                    "none in this installation runs on this machine",
                    "install the" + " package for " + board.arch() + "; TFLite needs glibc 2.34, ONNX Runtime 2.27"));
        }
        for (Runtime runtime : probe.carried()) {
            String name = runtime.getName() + " " + runtime.getVersion();
            try {
                RuntimeProbe.Answer answer = probe.load(runtime);
                findings.add(
                        answer.loads()
                                ? Finding.ok("runtime", name + " loads")
                                : Finding.fail(
                                        "runtime",
                                        name + " does not load: " + answer.told(),
                                        "look whether"
                                                + " libstdc++ and libgomp are installed, and the package is for "
                                                + board.arch()));
            } catch (IOException e) {
                findings.add(Finding.fail(
                        "runtime",
                        name + " could not be tried: " + e,
                        "look at java.command in " + home.settings() + " and at the disk"));
            }
        }
    }

    private void factories(AgentSettings settings, @Nullable Identity identity) {
        FactoryModels factories = new FactoryModels(disk, settings);
        findings.addAll(factories.check());
        if (identity != null) {
            findings.addAll(factories.compare(identity.root()));
        }
    }

    private void power(Identity identity) {
        EnergyLabel label = EnergyMeters.forHardware(identity.hardwareClass())
                .begin()
                .end(Duration.ofSeconds(1))
                .getLabel();
        List<String> sensors = sensors();
        String seen = sensors.isEmpty() ? "no sensor under /sys" : "sensors " + String.join(", ", sensors);
        findings.add(
                label != EnergyLabel.NONE
                        ? Finding.ok(
                                "power",
                                "energy is known as " + label + " for " + identity.hardwareClass() + "; " + seen)
                        : Finding.warn(
                                "power",
                                "no figures for the hardware class " + identity.hardwareClass() + "; " + seen,
                                "enrol with the hardware class of this board if energy matters"));
    }

    private static List<String> sensors() {
        List<String> found = new ArrayList<>();
        for (String folder : List.of("/sys/class/powercap", "/sys/class/power_supply", "/sys/class/hwmon")) {
            try (Stream<Path> files = Files.list(Path.of(folder))) {
                files.map(file -> folder.substring("/sys/class/".length()) + "/" + file.getFileName())
                        .sorted()
                        .forEach(found::add);
            } catch (IOException e) {
                // A machine without this kind.
                continue;
            }
        }
        return found;
    }

    private void agent() {
        Optional<StatusSocket.Answer> answer = StatusSocket.ask(home);
        findings.add(
                answer.isPresent()
                        ? Finding.ok("agent", "it runs; tinyfleet-agent status says more")
                        : Finding.warn(
                                "agent",
                                "it does not run, or under another user",
                                "systemctl start" + " tinyfleet-agent, or tinyfleet-agent run"));
    }
}
