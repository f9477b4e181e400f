package io.tinyfleet.e2e.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tinyfleet.e2e.process.Await;
import io.tinyfleet.e2e.process.FleetApi;
import io.tinyfleet.e2e.process.LoggedProcess;
import io.tinyfleet.e2e.process.ServerProcess;
import io.tinyfleet.e2e.process.TcpGate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes are killed with -9 in the middle of their work and started again: the work goes on. */
class PowerCutIT {

    private static final int CHUNK_BYTES = 48 * 1024;
    private static final int WINDOW = 8;
    private static final Duration SOON = Duration.ofSeconds(90);

    @TempDir
    Path home;

    @Test
    void an_agent_killed_in_its_download_goes_on_where_it_was_and_fetches_no_written_chunk_again() throws IOException {
        ServerProcess.Ports ports = Stage.freePorts();
        try (TcpGate link = new TcpGate(ports.mqtt());
                Stage stage = new Stage(home, ports, "-Dtinyfleet.mqtt.public-url=ssl://127.0.0.1:" + link.port())) {
            stage.startServer();
            LoggedProcess agent = stage.startAgent(DemoDevice.SPEECH);
            DemoFleet fleet = stage.fleet();
            String release = fleet.publish(DemoRelease.V5);
            long modelBytes = Files.size(stage.installation().model(DemoRelease.V5.file()));
            long before = link.bytesToClient();
            link.silentAfter(modelBytes / 2);

            String rollout = fleet.startRollout(DemoRelease.V5, release);
            Await.until("the link to fall silent in the download", SOON, link::isSilent);
            agent.kill();
            link.open();
            stage.startAgent(DemoDevice.SPEECH);
            DemoFleet.Outcome outcome = fleet.awaitEnd(rollout);

            assertThat(outcome.state()).isEqualTo("COMPLETED");
            JsonNode attempt = attempt(fleet.api(), DemoDevice.SPEECH);
            assertThat(attempt.path("chunksRepeated").asLong()).isZero();
            assertThat(attempt.path("chunksWritten").asLong()).isEqualTo((modelBytes + CHUNK_BYTES - 1) / CHUNK_BYTES);
            long onTheWire = link.bytesToClient() - before;
            assertThat(onTheWire)
                    .as("bytes on the wire for a model of %d bytes", modelBytes)
                    .isGreaterThanOrEqualTo(modelBytes)
                    .isLessThanOrEqualTo(modelBytes + (WINDOW + 2) * CHUNK_BYTES);
        }
    }

    @Test
    void a_server_killed_in_a_rollout_finishes_it_after_its_restart() throws IOException {
        try (Stage stage = new Stage(home, Stage.freePorts())) {
            ServerProcess server = stage.startServer();
            for (DemoDevice device : DemoDevice.ALL) {
                stage.startAgent(device);
            }
            DemoFleet fleet = stage.fleet();
            String rollout = fleet.startRollout(DemoRelease.V5, fleet.publish(DemoRelease.V5));
            Await.until(
                    "the canary to be in its probation", SOON, () -> devicesIn(fleet.api(), rollout, "PROBATION") == 1);

            server.process().kill();
            stage.startServer();
            DemoFleet after = stage.fleet();
            DemoFleet.Outcome outcome = after.awaitEnd(rollout);

            assertThat(outcome.state()).isEqualTo("COMPLETED");
            assertThat(after.devicesOn(DemoRelease.V5.version())).isEqualTo(DemoDevice.ALL.size());
            for (DemoDevice device : DemoDevice.ALL) {
                assertThat(attempt(after.api(), device).path("chunksRepeated").asLong())
                        .as(device.id())
                        .isZero();
            }
        }
    }

    private static int devicesIn(FleetApi api, String rollout, String state) {
        return api.get("/api/v1/rollouts/" + rollout + "/devices?state=" + state)
                .path("total")
                .asInt();
    }

    private static JsonNode attempt(FleetApi api, DemoDevice device) {
        for (JsonNode slot : api.get("/api/v1/devices/" + device.id()).path("slots")) {
            if (slot.path("slot").asText().equals(DemoDevice.SLOT)) {
                return slot.path("attempt");
            }
        }
        throw new AssertionError(device.id() + " has no slot " + DemoDevice.SLOT);
    }
}
