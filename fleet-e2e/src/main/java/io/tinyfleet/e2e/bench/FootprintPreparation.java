package io.tinyfleet.e2e.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tinyfleet.e2e.demo.DemoDevice;
import io.tinyfleet.e2e.demo.DemoFleet;
import io.tinyfleet.e2e.demo.DemoRelease;
import io.tinyfleet.e2e.demo.Progress;
import io.tinyfleet.e2e.process.AgentProcess;
import io.tinyfleet.e2e.process.FleetApi;
import io.tinyfleet.e2e.process.Installation;
import io.tinyfleet.e2e.process.LoggedProcess;
import io.tinyfleet.e2e.process.Memory;
import io.tinyfleet.e2e.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * First half of {@code ./bench footprint}: measures the server, enrols one agent without a slot and one that runs the
 * voice detector, and stops everything. The second half measures both agents with no server and no other Java virtual
 * machine on the computer, because shared pages would flatter them.
 *
 * <p>Arguments: a folder to work in, and the port of the embedded broker, on which the second half starts its own.
 */
public final class FootprintPreparation {

    private static final Duration SETTLE = Duration.ofSeconds(15);

    private FootprintPreparation() {}

    public static void main(String[] arguments) throws IOException {
        Path home = Path.of(arguments[0]);
        ServerProcess.Ports ports = new ServerProcess.Ports(0, Integer.parseInt(arguments[1]));
        Installation installation = Installation.ofSystemProperty();
        Progress progress = new Progress(System.err, 4);
        ObjectNode result = FleetApi.object();

        progress.step("starting a server on a new data folder");
        double first = startSeconds(installation, ports, home, true);
        progress.detail(String.format("up in %.1f s", first));
        progress.step("starting it again on the kept data");
        double again = startSeconds(installation, ports, home, false);
        progress.detail(String.format("up in %.1f s", again));
        result.put("serverStartSeconds", round(first));
        result.put("serverStartAgainSeconds", round(again));

        prepareAgents(installation, ports, home, result, progress);
        Files.writeString(home.resolve("server.json"), result.toString());
    }

    private static double startSeconds(Installation installation, ServerProcess.Ports ports, Path home, boolean fresh)
            throws IOException {
        long start = System.nanoTime();
        try (ServerProcess server = start(installation, ports, home)) {
            double seconds = (System.nanoTime() - start) / 1e9;
            if (fresh) {
                String password = server.adminPassword().orElseThrow();
                FleetApi admin = FleetApi.withPassword(server.http(), "admin", password);
                ObjectNode wanted = FleetApi.object();
                wanted.put("name", "benchmark");
                wanted.putArray("roles").add("admin");
                Files.writeString(
                        home.resolve("token"),
                        admin.post("/api/v1/tokens", wanted).path("token").asText());
            }
            return seconds;
        }
    }

    private static void prepareAgents(
            Installation installation, ServerProcess.Ports ports, Path home, ObjectNode result, Progress progress)
            throws IOException {
        String token = Files.readString(home.resolve("token"));
        progress.step("rolling the voice detector out to one agent");
        try (ServerProcess server = start(installation, ports, home)) {
            FleetApi api = FleetApi.withToken(server.http(), token);
            DemoFleet fleet = new DemoFleet(installation, home, server, api, progress);
            try (LoggedProcess agent = fleet.startAgent(DemoDevice.SPEECH)) {
                String release = fleet.publish(DemoRelease.V6);
                DemoFleet.Outcome outcome = fleet.awaitEnd(fleet.startRollout(DemoRelease.V6, release));
                if (!outcome.state().equals("COMPLETED")) {
                    throw new IllegalStateException(
                            "the rollout ended as " + outcome.state() + ": " + agent.lastLines());
                }
                LockSupport.parkNanos(SETTLE.toNanos());
                result.put(
                        "serverRssMb",
                        round(Memory.rssMegabytes(server.process().pid())));
            }
        }
        progress.step("enrolling an agent without a slot");
        try (ServerProcess server = start(installation, ports, home)) {
            FleetApi api = FleetApi.withToken(server.http(), token);
            Path idle = home.resolve("agents/idle");
            AgentProcess.configure(idle, Map.of());
            AgentProcess.enrol(
                    installation, idle, server.http(), enrolmentToken(api), "idle", home.resolve("logs/idle.log"));
        }
    }

    private static ServerProcess start(Installation installation, ServerProcess.Ports ports, Path home)
            throws IOException {
        return ServerProcess.start(
                installation, home.resolve("server"), ports, home.resolve("logs/server.log"), List.of());
    }

    private static String enrolmentToken(FleetApi api) {
        ObjectNode wanted = FleetApi.object();
        wanted.put("name", "benchmark");
        wanted.put("kind", "REPLAY");
        wanted.put("maxUses", 1);
        wanted.put("validHours", 1);
        return api.post("/api/v1/enrolment-tokens", wanted).path("token").asText();
    }

    private static double round(double value) {
        return Math.round(value * 10) / 10.0;
    }
}
