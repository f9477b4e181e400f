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

    private static final Map<String, String> ENVIRONMENT = Map.of("JAVA", LoggedProcess.javaCommand());
    private static final Duration ENROL_LIMIT = Duration.ofSeconds(60);
    private static final Duration READY_LIMIT = Duration.ofSeconds(60);

    private AgentProcess() {}

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
        List<String> command = command(installation);
        command.addAll(List.of(
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
                "generic-x86_64"));
        LoggedProcess process = LoggedProcess.start("enrol-" + deviceId, command, ENVIRONMENT, log);
        int exit = process.awaitExit(ENROL_LIMIT);
        if (exit != 0) {
            throw new IllegalStateException(
                    "enrolment of " + deviceId + " ended with " + exit + ":\n" + process.lastLines());
        }
    }

    /** Starts the agent without waiting for its connection. */
    public static LoggedProcess launch(Installation installation, Path home, String deviceId, Path log)
            throws IOException {
        List<String> command = command(installation);
        command.addAll(List.of("run", "--home", home.toString()));
        return LoggedProcess.start("agent-" + deviceId, command, ENVIRONMENT, log);
    }

    /** Starts the agent and waits until it is connected. */
    public static LoggedProcess run(Installation installation, Path home, String deviceId, Path log)
            throws IOException {
        LoggedProcess process = launch(installation, home, deviceId, log);
        try {
            process.awaitLine("AGENT READY", READY_LIMIT);
            return process;
        } catch (RuntimeException failure) {
            process.close();
            throw failure;
        }
    }

    /** The launcher that is shipped, with its flags. */
    private static List<String> command(Installation installation) {
        List<String> command = new ArrayList<>();
        command.add(installation.agentLauncher().toString());
        return command;
    }
}
