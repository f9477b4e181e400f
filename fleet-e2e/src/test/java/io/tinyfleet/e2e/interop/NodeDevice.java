package io.tinyfleet.e2e.interop;

import io.tinyfleet.e2e.process.Installation;
import io.tinyfleet.e2e.process.LoggedProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The device of {@code src/test/interop}, with its packages in {@code target/interop}. */
final class NodeDevice {

    private static final Duration INSTALL_LIMIT = Duration.ofMinutes(3);
    private static final Duration CHECK_LIMIT = Duration.ofSeconds(60);
    private static final Duration ENROL_LIMIT = Duration.ofSeconds(30);
    private static final Duration READY_LIMIT = Duration.ofSeconds(30);

    private final Path folder;
    private final Path home;
    private final Path log;

    private NodeDevice(Path folder, Path home, Path log) {
        this.folder = folder;
        this.home = home;
        this.log = log;
    }

    /** Copies the program and installs its pinned packages, unless they are those of an earlier run. */
    static NodeDevice install(Installation installation, Path home, Path log) throws IOException {
        Path source = installation.root().resolve("fleet-e2e/src/test/interop");
        Path folder = installation.root().resolve("fleet-e2e/target/interop");
        Path lock = folder.resolve("package-lock.json");
        boolean sameLock = Files.exists(lock)
                && Files.exists(folder.resolve("node_modules/.package-lock.json"))
                && Arrays.equals(Files.readAllBytes(lock), Files.readAllBytes(source.resolve("package-lock.json")));
        Files.createDirectories(folder);
        try (Stream<Path> files = Files.list(source)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        NodeDevice device = new NodeDevice(folder, home, log);
        if (!sameLock) {
            device.runToEnd(INSTALL_LIMIT, "npm", "ci", "--prefix", folder.toString());
        }
        return device;
    }

    /** The golden messages and the refusals, inside Node. */
    void check() throws IOException {
        runToEnd(CHECK_LIMIT, "node", "--test", folder.toString());
    }

    void enrol(URI server, String token, String deviceId) throws IOException {
        runToEnd(ENROL_LIMIT, command("enrol", "--server", server.toString(), "--token", token, "--id", deviceId));
    }

    /** Starts the device without waiting for its connection. */
    LoggedProcess launch() throws IOException {
        return LoggedProcess.start("node-device", List.of(command("run")), Map.of(), log);
    }

    /** Starts the device and waits until it has said hello. */
    LoggedProcess run() throws IOException {
        LoggedProcess process = launch();
        try {
            process.awaitLine("DEVICE READY", READY_LIMIT);
            return process;
        } catch (RuntimeException failure) {
            process.close();
            throw failure;
        }
    }

    private String[] command(String verb, String... more) {
        List<String> command = new ArrayList<>(
                List.of("node", folder.resolve("device.mjs").toString(), verb, "--home", home.toString()));
        command.addAll(List.of(more));
        return command.toArray(String[]::new);
    }

    private void runToEnd(Duration limit, String... command) throws IOException {
        LoggedProcess process = LoggedProcess.start(command[0], List.of(command), Map.of(), log);
        int exit = process.awaitExit(limit);
        if (exit != 0) {
            throw new IllegalStateException(
                    String.join(" ", command) + " ended with " + exit + ":\n" + process.lastLines());
        }
    }
}
