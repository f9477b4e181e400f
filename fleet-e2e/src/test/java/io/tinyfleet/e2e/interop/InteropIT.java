package io.tinyfleet.e2e.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tinyfleet.e2e.demo.DemoDevice;
import io.tinyfleet.e2e.demo.DemoRelease;
import io.tinyfleet.e2e.demo.Stage;
import io.tinyfleet.e2e.process.Await;
import io.tinyfleet.e2e.process.FleetApi;
import io.tinyfleet.e2e.process.Installation;
import io.tinyfleet.e2e.process.LoggedProcess;
import io.tinyfleet.e2e.process.ServerProcess;
import io.tinyfleet.e2e.process.TcpGate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A device written in another language from the protocol's page alone goes the whole way against the real server. */
class InteropIT {

    private static final String DEVICE = "interop-1";
    private static final int CHUNK_BYTES = 48 * 1024;
    private static final int WINDOW = 8;
    private static final Duration SOON = Duration.ofSeconds(60);
    /** Longer than the story: the rollout is still open when it is rolled back. */
    private static final int LONG_SOAK_SECONDS = 600;

    @TempDir
    Path home;

    @Test
    void it_reads_and_writes_the_golden_messages_and_refuses_what_must_be_refused() throws IOException {
        device().check();
    }

    @Test
    void it_is_enrolled_refuses_a_tampered_document_survives_a_kill_runs_a_model_and_goes_back() throws IOException {
        NodeDevice device = device();
        ServerProcess.Ports ports = Stage.freePorts();
        try (TcpGate gate = new TcpGate(ports.mqtt());
                TamperingLink link = new TamperingLink(gate.port(), home.resolve("server/keys/link/broker.pem"));
                Stage stage = new Stage(home, ports, "-Dtinyfleet.mqtt.public-url=ssl://127.0.0.1:" + link.port())) {
            ServerProcess server = stage.startServer();
            FleetApi api = stage.api();
            device.enrol(server.http(), enrolmentToken(api), DEVICE);
            LoggedProcess running = device.run();
            try {
                Await.until("the device to be online", SOON, () -> isOnline(api));
                assertThat(device(api).path("kind").asText()).isEqualTo("SIMULATED");
                String first = stage.fleet().publish(DemoRelease.V5);
                String second = stage.fleet().publish(DemoRelease.V6);

                link.tamperWithNextDesired();
                String rollout = startRollout(api, first, 0);
                awaitEvent(api, "desired-refused");
                assertThat(slot(api).isMissingNode()).as("nothing was begun").isTrue();

                running = killedMidDownload(device, running, stage, gate);
                awaitState(api, rollout, "COMPLETED");
                finishedWithoutRepeating(api, rollout, Files.size(model(stage, DemoRelease.V5)));
                awaitWindows(api);

                walksToAnotherDirector(api);
                api.put(
                        "/api/v1/trust/floors/" + DemoRelease.MODEL,
                        FleetApi.object().put("minSecurityVersion", 0));
                api.put(
                        "/api/v1/devices/" + DEVICE + "/download-policy",
                        FleetApi.object().put("preferHttps", true));

                long before = gate.bytesToClient();
                String withdrawn = startRollout(api, second, LONG_SOAK_SECONDS);
                Await.until("the second model to be healthy", SOON, () -> isHealthyOn(api, DemoRelease.V6));
                long afterSecond = gate.bytesToClient();
                assertThat(afterSecond - before)
                        .as("bytes over MQTT for a model that comes by its link")
                        .isLessThan(WINDOW * CHUNK_BYTES);
                rollBack(api, withdrawn);
                awaitState(api, withdrawn, "ROLLED_BACK");
                Await.until("the first model to run again", SOON, () -> isActive(api, DemoRelease.V5));
                assertThat(gate.bytesToClient() - afterSecond)
                        .as("bytes for the way back to a model that is held")
                        .isLessThan(CHUNK_BYTES);
                assertThat(api.get("/api/v1/telemetry/dead-letters").path("items"))
                        .isEmpty();
            } finally {
                running.close();
            }
        }
    }

    /** A second root, signed with the server's own key, names another director key; the device is online and follows. */
    private void walksToAnotherDirector(FleetApi api) throws IOException {
        Path keys = home.resolve("server/keys");
        Path next = home.resolve("root-2.dsse");
        String director = keys.resolve("director-2.pem").toString();
        tinyfleet("trust", "key", "generate", director);
        tinyfleet(
                "trust",
                "root",
                "rotate",
                "--from",
                home.resolve("device/root.bin").toString(),
                "--out",
                next.toString(),
                "--role",
                "director",
                "--keys",
                director + ".pub",
                "--days",
                "30");
        tinyfleet(
                "trust",
                "root",
                "sign",
                next.toString(),
                "--key",
                keys.resolve("root.pem").toString());
        api.upload("/api/v1/trust/roots", next);
        Await.until("the device to be at the second root", SOON, () -> {
            JsonNode trust = api.get("/api/v1/trust");
            return trust.path("rootVersion").asLong() == 2
                    && trust.path("devicesBehind").asLong() == 0;
        });
    }

    private void tinyfleet(String... arguments) throws IOException {
        Path program = Installation.ofSystemProperty().root().resolve("model-registry/target/cli/bin/tinyfleet");
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        LoggedProcess process = LoggedProcess.start("tinyfleet", command, Map.of(), home.resolve("logs/tinyfleet.log"));
        assertThat(process.awaitExit(SOON)).as(process.lastLines()).isZero();
    }

    private NodeDevice device() throws IOException {
        Installation installation = Installation.ofSystemProperty();
        return NodeDevice.install(
                installation,
                home.resolve("device"),
                installation.root().resolve("fleet-e2e/target/interop-device.log"));
    }

    private static LoggedProcess killedMidDownload(NodeDevice device, LoggedProcess running, Stage stage, TcpGate gate)
            throws IOException {
        running.kill();
        gate.silentAfter(Files.size(model(stage, DemoRelease.V5)) / 2);
        LoggedProcess second = device.launch();
        try {
            Await.until("the link to fall silent in the download", SOON, gate::isSilent, second::lastLines);
        } finally {
            second.kill();
        }
        gate.open();
        return device.run();
    }

    private static void finishedWithoutRepeating(FleetApi api, String rollout, long modelBytes) {
        JsonNode inRollout = api.get("/api/v1/rollouts/" + rollout + "/devices").path("items");
        assertThat(inRollout).hasSize(1);
        assertThat(inRollout.path(0).path("state").asText()).isEqualTo("HEALTHY");
        JsonNode attempt = slot(api).path("attempt");
        assertThat(attempt.path("chunksRepeated").asLong()).isZero();
        assertThat(attempt.path("chunksRefused").asLong()).isZero();
        assertThat(attempt.path("chunksWritten").asLong()).isEqualTo((modelBytes + CHUNK_BYTES - 1) / CHUNK_BYTES);
    }

    private static void awaitWindows(FleetApi api) {
        Set<String> phases = new TreeSet<>();
        Await.until(
                "windows of the probation and of the time after it",
                SOON,
                () -> {
                    for (JsonNode window : api.get("/api/v1/telemetry/windows?device=" + DEVICE)
                            .path("items")) {
                        assertThat(window.path("ok").asLong()).isPositive();
                        assertThat(window.path("source").asText()).isEqualTo("noise");
                        assertThat(window.path("latencyP95Millis").asDouble()).isPositive();
                        phases.add(window.path("phase").asText());
                    }
                    return phases.containsAll(Set.of("PROBATION", "HEALTHY"));
                },
                phases::toString);
    }

    private static String enrolmentToken(FleetApi api) {
        ObjectNode wanted = FleetApi.object();
        wanted.put("name", "interoperability");
        wanted.put("kind", "SIMULATED");
        wanted.put("maxUses", 1);
        wanted.put("validHours", 1);
        return api.post("/api/v1/enrolment-tokens", wanted).path("token").asText();
    }

    private static String startRollout(FleetApi api, String releaseId, int soakSeconds) {
        ObjectNode body = FleetApi.object();
        body.put("name", "interoperability");
        body.put("releaseId", releaseId);
        body.put("slot", DemoDevice.SLOT);
        ObjectNode wave = body.putArray("waves").addObject();
        wave.put("name", "All");
        wave.put("percent", 100);
        wave.put("maxInFlight", 1);
        wave.put("soakSeconds", soakSeconds);
        ObjectNode probation = body.putObject("probation");
        probation.put("runningSeconds", 2);
        probation.put("minInferences", 20);
        probation.put("deadlineSeconds", 60);
        body.put("onFail", "ROLL_BACK");
        body.put("windowSeconds", 2);
        JsonNode rollout = api.post("/api/v1/rollouts", body);
        act(api, rollout, "start");
        return rollout.path("id").asText();
    }

    private static void rollBack(FleetApi api, String rollout) {
        act(api, api.get("/api/v1/rollouts/" + rollout), "rollback");
    }

    private static void act(FleetApi api, JsonNode rollout, String verb) {
        ObjectNode wanted = FleetApi.object();
        wanted.put("version", rollout.path("version").asLong());
        wanted.put("reason", "interoperability");
        api.post("/api/v1/rollouts/" + rollout.path("id").asText() + "/" + verb, wanted);
    }

    private static void awaitState(FleetApi api, String rollout, String state) {
        Await.until(
                "rollout to be " + state,
                SOON,
                () -> api.get("/api/v1/rollouts/" + rollout)
                        .path("state")
                        .asText()
                        .equals(state),
                () -> api.get("/api/v1/rollouts/" + rollout).toString());
    }

    private static void awaitEvent(FleetApi api, String code) {
        Await.until("event " + code, SOON, () -> {
            for (JsonNode event :
                    api.get("/api/v1/devices/" + DEVICE + "/events").path("items")) {
                if (event.path("code").asText().equals(code)) {
                    return true;
                }
            }
            return false;
        });
    }

    private static boolean isOnline(FleetApi api) {
        return device(api).path("online").asBoolean();
    }

    private static boolean isActive(FleetApi api, DemoRelease release) {
        return slot(api).path("active").path("version").asText().equals(release.version());
    }

    private static boolean isHealthyOn(FleetApi api, DemoRelease release) {
        return isActive(api, release)
                && slot(api).path("attempt").path("phase").asText().equals("HEALTHY");
    }

    private static JsonNode device(FleetApi api) {
        return api.get("/api/v1/devices/" + DEVICE);
    }

    private static JsonNode slot(FleetApi api) {
        return device(api).path("slots").path(0);
    }

    private static Path model(Stage stage, DemoRelease release) {
        return stage.installation().model(release.file());
    }
}
