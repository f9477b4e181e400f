package io.tinyfleet.e2e.arm64;

import io.tinyfleet.e2e.process.AgentProcess;
import io.tinyfleet.e2e.process.LoggedProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A 64-bit ARM machine that is not there: the unpacked arm64 package on the arm64 Java of an unpacked Debian, each
 * process in an emulator of its own.
 */
final class EmulatedBoard {
    /** Emulated code is 65 to 80 times slower, and there are two cores for all. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final Path root;
    private final Path installation;

    private EmulatedBoard(Path root, Path installation) {
        this.root = root;
        this.installation = installation;
    }

    /**
     * Unpacks the package and makes its class data archives, as installing it on a board would.
     *
     * @param root the folder that {@code ./verify-arm64} has made
     * @param checkout where the packages have been built
     */
    static EmulatedBoard install(Path root, Path checkout, Path folder) throws IOException {
        Path installation = folder.resolve("usr/lib/tinyfleet-agent");
        EmulatedBoard board = new EmulatedBoard(root, installation);
        Path log = folder.resolve("install.log");
        board.run(List.of("dpkg-deb", "-x", newestPackage(checkout).toString(), folder.toString()), log);
        board.run(List.of(installation.resolve("bin/tinyfleet-agent-archive").toString()), log);
        return board;
    }

    private static Path newestPackage(Path checkout) throws IOException {
        try (Stream<Path> files = Files.list(checkout.resolve("device-agent/target"))) {
            return files.filter(file -> file.getFileName().toString().matches("tinyfleet-agent_.*_arm64\\.deb"))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no arm64 package; ./verify-arm64 builds it"));
        }
    }

    /** The wrapper that is a java command to whoever calls it. */
    String java() {
        return root.resolve("java").toString();
    }

    AgentProcess.Program program() {
        return new AgentProcess.Program(
                installation.resolve("bin/tinyfleet-agent"), environment(), "emulated-aarch64", PATIENCE);
    }

    private Map<String, String> environment() {
        // The JDK's own way to start a child is a small program beside java, which this machine's kernel cannot run.
        return Map.of("JAVA", java(), "TINYFLEET_AGENT_JAVA_OPTS", "-Djdk.lang.Process.launchMechanism=FORK");
    }

    /** What the agent's command prints. */
    String run(List<String> command, Path log) throws IOException {
        List<String> words = new ArrayList<>(command);
        try (LoggedProcess process =
                LoggedProcess.start(Path.of(words.get(0)).getFileName().toString(), words, environment(), log)) {
            int exit = process.awaitExit(PATIENCE);
            if (exit != 0 && !words.contains("doctor")) {
                throw new IllegalStateException(words + " ended with " + exit + ":\n" + process.lastLines());
            }
            return process.lastLines();
        }
    }

    String doctor(Path home, Path log) throws IOException {
        return run(List.of(program().launcher().toString(), "doctor", "--home", home.toString(), "--json"), log);
    }

    /** Debian's glibc version of the unpacked system, such as {@code 2.36}. */
    String glibc() throws IOException {
        List<String> lines = Files.readAllLines(root.resolve("system/var/lib/dpkg/status"));
        int at = lines.indexOf("Package: libc6");
        return lines.subList(at, lines.size()).stream()
                .filter(line -> line.startsWith("Version: "))
                .findFirst()
                .orElseThrow()
                .replaceFirst("Version: ([0-9.]+).*", "$1");
    }
}
