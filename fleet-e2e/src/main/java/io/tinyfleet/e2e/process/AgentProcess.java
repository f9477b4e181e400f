package io.tinyfleet.e2e.process;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Starts agents as processes of their own, each with its own home. */
public final class AgentProcess {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private AgentProcess() {}

    /**
     * How an agent is started: the launcher that is shipped, and what stands in its environment.
     *
     * @param patience until it is enrolled, and until it is connected
     */
    public record Program(Path launcher, Map<String, String> environment, String hardwareClass, Duration patience) {
        public Program {
            environment = Map.copyOf(environment);
        }

        /** The checkout's own build on this machine's Java. */
        public static Program of(Installation installation) {
            return new Program(
                    installation.agentLauncher(), Map.of("JAVA", LoggedProcess.javaCommand()), "generic-x86_64", LIMIT);
        }
    }

    /** Writes the agent's configuration file. */
    public static void configure(Path home, Map<String, String> settings) throws IOException {
        Files.createDirectories(home);
        StringBuilder text = new StringBuilder();
        new TreeMap<>(settings)
                .forEach((key, value) ->
                        text.append(key).append('=').append(value).append('\n'));
        Files.writeString(home.resolve("agent.properties"), text);
    }

    /** Runs {@code enrol} to its end; a refusal is an exception with the agent's own sentence. */
    public static void enrol(Installation installation, Path home, URI server, String token, String deviceId, Path log)
            throws IOException {
        enrol(Program.of(installation), home, server, token, deviceId, log);
    }

    /** The same with another program. */
    public static void enrol(Program program, Path home, URI server, String token, String deviceId, Path log)
            throws IOException {
        List<String> command = command(
                program,
                "enrol",
                "--home",
                home.toString(),
                "--server",
                server.toString(),
                "--token",
                token,
                "--id",
                deviceId,
                "--hardware-class",
                program.hardwareClass());
        LoggedProcess process = LoggedProcess.start("enrol-" + deviceId, command, program.environment(), log);
        int exit = process.awaitExit(program.patience());
        if (exit != 0) {
            throw new IllegalStateException(
                    "enrolment of " + deviceId + " ended with " + exit + ":\n" + process.lastLines());
        }
    }

    /** Starts the agent without waiting for its connection. */
    public static LoggedProcess launch(Installation installation, Path home, String deviceId, Path log)
            throws IOException {
        return launch(Program.of(installation), home, deviceId, log);
    }

    private static LoggedProcess launch(Program program, Path home, String deviceId, Path log) throws IOException {
        List<String> command = command(program, "run", "--home", home.toString());
        return LoggedProcess.start("agent-" + deviceId, command, program.environment(), log);
    }

    /** Starts the agent and waits until it is connected. */
    public static LoggedProcess run(Installation installation, Path home, String deviceId, Path log)
            throws IOException {
        return run(Program.of(installation), home, deviceId, log);
    }

    /** The same with another program. */
    public static LoggedProcess run(Program program, Path home, String deviceId, Path log) throws IOException {
        LoggedProcess process = launch(program, home, deviceId, log);
        try {
            process.awaitLine("AGENT READY", program.patience());
            return process;
        } catch (RuntimeException failure) {
            process.close();
            throw failure;
        }
    }

    private static List<String> command(Program program, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(program.launcher().toString());
        command.addAll(List.of(arguments));
        return command;
    }
}
