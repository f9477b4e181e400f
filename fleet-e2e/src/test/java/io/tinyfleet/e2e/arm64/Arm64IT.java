package io.tinyfleet.e2e.arm64;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tinyfleet.e2e.demo.DemoDevice;
import io.tinyfleet.e2e.demo.DemoRelease;
import io.tinyfleet.e2e.demo.Stage;
import io.tinyfleet.e2e.process.AgentProcess;
import io.tinyfleet.e2e.process.Await;
import io.tinyfleet.e2e.process.FleetApi;
import io.tinyfleet.e2e.process.FreePort;
import io.tinyfleet.e2e.process.Installation;
import io.tinyfleet.e2e.process.LoggedProcess;
import io.tinyfleet.e2e.process.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One fleet, two devices: this machine and an emulated 64-bit ARM board with the arm64 package. Both get the same two
 * models, one for each runtime, and have to answer the same.
 */
@Tag("arm64")
class Arm64IT {
    private static final String BOARD = "arm64-1";
    private static final String HERE = "x86-64-1";
    private static final String FACES = "faces";
    private static final String VAD = DemoDevice.SLOT;
    private static final int MIN_INFERENCES = 20;

    /** Outputs lie within -100..100; both runtimes have other kernels for each architecture, which add up otherwise. */
    private static final double TOLERANCE = 1e-3;

    private static final Duration ROLLOUT_LIMIT = Duration.ofMinutes(10);

    @TempDir
    Path home;

    private final Map<String, FleetApi> locals = new HashMap<>();

    @Test
    void the_arm64_package_takes_both_runtimes_models_and_answers_as_x86_64_does() throws IOException {
        EmulatedBoard board = EmulatedBoard.install(
                Path.of(System.getProperty("tinyfleet.arm64")),
                Installation.ofSystemProperty().root(),
                Files.createDirectories(home.resolve("board")));
        try (Stage stage = new Stage(home, Stage.freePorts())) {
            ServerProcess server = stage.startServer();
            FleetApi api = stage.api();
            AgentProcess.Program program = AgentProcess.Program.of(stage.installation());
            try (LoggedProcess here = start(stage, server, HERE, program, LoggedProcess.javaCommand());
                    LoggedProcess emulated = start(stage, server, BOARD, board.program(), board.java())) {
                assertThat(here.isAlive() && emulated.isAlive()).isTrue();
                says_what_it_is(api, board);

                String voice = stage.fleet().publish(DemoRelease.V6);
                completes(api, rollOut(api, voice, VAD, List.of(BOARD, HERE)), false, "HEALTHY", "HEALTHY");
                double voiceDifference = difference(VAD, FaceAndVoice.voiceRequest());

                FaceAndVoice models = new FaceAndVoice(api, stage.installation(), home.resolve("recorder"));
                String faces = models.publishFaces("1.0.0", List.of());
                completes(api, rollOut(api, faces, FACES, List.of(BOARD, HERE)), true, "HEALTHY", "HEALTHY");
                double facesDifference = difference(FACES, FaceAndVoice.facesRequest());

                counts_what_it_infers(api);
                is_left_out_of_what_is_made_for_another_machine(api, models);
                report(api, voiceDifference, facesDifference);
            }
        }
    }

    private LoggedProcess start(
            Stage stage, ServerProcess server, String device, AgentProcess.Program program, String workerJava)
            throws IOException {
        Path agent = home.resolve("agents").resolve(device);
        Path log = home.resolve("logs").resolve(device + ".log");
        int port = FreePort.take();
        Map<String, String> settings = new HashMap<>(DemoDevice.SPEECH.settings(stage.installation()));
        settings.put("slot." + FACES + ".source", "none");
        settings.put("api.port", Integer.toString(port));
        settings.put("java.command", workerJava);
        AgentProcess.configure(agent, settings);
        ObjectNode token = FleetApi.object();
        token.put("name", device);
        token.put("kind", "REPLAY");
        token.put("maxUses", 1);
        token.put("validHours", 1);
        String secret = stage.api()
                .post("/api/v1/enrolment-tokens", token)
                .path("token")
                .asText();
        AgentProcess.enrol(program, agent, server.http(), secret, device, log);
        locals.put(device, FleetApi.withToken(URI.create("http://127.0.0.1:" + port), "none"));
        return AgentProcess.run(program, agent, device, log);
    }

    private void says_what_it_is(FleetApi api, EmulatedBoard board) throws IOException {
        assertThat(board.doctor(home.resolve("agents").resolve(BOARD), home.resolve("logs/doctor.log")))
                .contains("\"OK\",\"what\":\"runtime\",\"found\":\"onnxruntime 1.23.2 loads\"")
                .contains("\"OK\",\"what\":\"runtime\",\"found\":\"tflite 2.20.0 loads\"");
        Await.until(
                "the server to know what the board is",
                Duration.ofMinutes(1),
                () -> !api.get("/api/v1/devices/" + BOARD)
                        .path("facts")
                        .path("arch")
                        .asText()
                        .isEmpty());
        JsonNode facts = api.get("/api/v1/devices/" + BOARD).path("facts");
        assertThat(facts.path("arch").asText()).isEqualTo("aarch64");
        assertThat(facts.path("libc").asText()).isEqualTo("glibc " + board.glibc());
        assertThat(facts.path("runtimes"))
                .extracting(runtime -> runtime.path("name").asText() + " "
                        + runtime.path("version").asText())
                .containsExactly("onnxruntime 1.23.2", "tflite 2.20.0");
    }

    private static String rollOut(FleetApi api, String release, String slot, List<String> devices) {
        ObjectNode body = FleetApi.object();
        body.put("name", slot + " on " + devices.size());
        body.put("releaseId", release);
        body.put("slot", slot);
        devices.forEach(body.putObject("filter").putArray("devices")::add);
        ObjectNode wave = body.putArray("waves").addObject();
        wave.put("name", "Everyone");
        wave.put("percent", 100);
        wave.put("maxInFlight", 10);
        wave.put("soakSeconds", 5);
        ObjectNode probation = body.putObject("probation");
        probation.put("runningSeconds", 15);
        probation.put("minInferences", MIN_INFERENCES);
        probation.put("deadlineSeconds", 300);
        body.put("onFail", "PAUSE");
        body.put("windowSeconds", 10);
        JsonNode rollout = api.post("/api/v1/rollouts", body);
        String id = rollout.path("id").asText();
        api.post(
                "/api/v1/rollouts/" + id + "/start",
                FleetApi.object().put("version", rollout.path("version").asLong()));
        return id;
    }

    /** It ends with devices in those states; {@code asked} ones have no input of their own and need somebody who asks. */
    private void completes(FleetApi api, String rollout, boolean asked, String... states) {
        Await.until(
                "rollout " + rollout + " to complete",
                ROLLOUT_LIMIT,
                () -> {
                    if (asked) {
                        locals.values()
                                .forEach(local ->
                                        local.tryPost("/v2/models/" + FACES + "/infer", FaceAndVoice.facesRequest()));
                    }
                    String state =
                            api.get("/api/v1/rollouts/" + rollout).path("state").asText();
                    assertThat(state)
                            .as(() -> devices(api, rollout).toString())
                            .isNotIn("ROLLED_BACK", "PAUSED", "ABORTED");
                    return state.equals("COMPLETED");
                },
                () -> devices(api, rollout).toString());
        assertThat(devices(api, rollout))
                .extracting(device -> device.path("state").asText())
                .containsExactlyInAnyOrder(states);
    }

    private static JsonNode devices(FleetApi api, String rollout) {
        return api.get("/api/v1/rollouts/" + rollout + "/devices").path("items");
    }

    /** The largest difference between the two devices' answers to the same request. */
    private double difference(String slot, JsonNode request) {
        JsonNode here = ask(HERE, slot, request);
        JsonNode board = ask(BOARD, slot, request);
        assertThat(board.path("model_version")).isEqualTo(here.path("model_version"));
        assertThat(board.path("outputs")).hasSameSizeAs(here.path("outputs")).isNotEmpty();
        double largest = 0;
        for (int output = 0; output < here.path("outputs").size(); output++) {
            JsonNode expected = here.path("outputs").path(output);
            JsonNode got = board.path("outputs").path(output);
            assertThat(got.path("name")).isEqualTo(expected.path("name"));
            assertThat(got.path("shape")).isEqualTo(expected.path("shape"));
            Iterator<JsonNode> numbers = got.path("data").iterator();
            for (JsonNode number : expected.path("data")) {
                largest = Math.max(
                        largest, Math.abs(number.asDouble() - numbers.next().asDouble()));
            }
            assertThat(numbers.hasNext()).isFalse();
        }
        assertThat(largest).as("largest difference in %s", slot).isLessThan(TOLERANCE);
        return largest;
    }

    private JsonNode ask(String device, String slot, JsonNode request) {
        FleetApi local = locals.get(device);
        if (local == null) {
            throw new IllegalStateException(device + " has not been started");
        }
        return local.post("/v2/models/" + slot + "/infer", request);
    }

    private static void counts_what_it_infers(FleetApi api) {
        for (String slot : List.of(VAD, FACES)) {
            Await.until(
                    "windows of slot " + slot,
                    Duration.ofMinutes(2),
                    () -> inferences(api, slot) >= MIN_INFERENCES,
                    () -> inferences(api, slot) + " inferences");
        }
    }

    private static long inferences(FleetApi api, String slot) {
        long ok = 0;
        for (JsonNode window :
                api.get("/api/v1/telemetry/windows?limit=100&device=" + BOARD).path("items")) {
            assertThat(window.path("failed").asLong()).as(window.toString()).isZero();
            ok += window.path("slot").asText().equals(slot) ? window.path("ok").asLong() : 0;
        }
        return ok;
    }

    /** The server knows the board's ABI: it leaves the board out of such a rollout and says why. */
    private void is_left_out_of_what_is_made_for_another_machine(FleetApi api, FaceAndVoice models) throws IOException {
        String foreign = models.publishFaces("1.1.0", List.of("linux-x86_64-glibc"));
        String rollout = rollOut(api, foreign, FACES, List.of(BOARD, HERE));
        JsonNode excluded = api.get("/api/v1/rollouts/" + rollout).path("excluded");
        assertThat(excluded).hasSize(1);
        assertThat(excluded.path(0).path("devices"))
                .extracting(JsonNode::asText)
                .containsExactly(BOARD);
        assertThat(excluded.path(0).path("sentence").asText())
                .contains("linux-x86_64-glibc")
                .contains("aarch64");
        completes(api, rollout, true, "HEALTHY", "SKIPPED");
        assertThat(version(HERE)).isEqualTo("1.1.0");
        assertThat(version(BOARD)).as("the version that goes on").isEqualTo("1.0.0");
    }

    private String version(String device) {
        return ask(device, FACES, FaceAndVoice.facesRequest())
                .path("model_version")
                .asText();
    }

    private static void report(FleetApi api, double voiceDifference, double facesDifference) throws IOException {
        ObjectNode json = FleetApi.object();
        JsonNode facts = api.get("/api/v1/devices/" + BOARD).path("facts");
        json.put("arch", facts.path("arch").asText());
        json.put("libc", facts.path("libc").asText());
        json.put("healthyOnnx", true);
        json.put("healthyTflite", true);
        json.put("largestDifferenceOnnx", voiceDifference);
        json.put("largestDifferenceTflite", facesDifference);
        json.put("inferencesOnnx", inferences(api, VAD));
        json.put("inferencesTflite", inferences(api, FACES));
        json.put("foreignVariantLeftOut", true);
        Path report = Installation.ofSystemProperty().root().resolve("fleet-e2e/target/arm64.json");
        Files.writeString(report, json + "\n");
    }
}
