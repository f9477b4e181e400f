package io.tinyfleet.e2e.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tinyfleet.e2e.process.AgentProcess;
import io.tinyfleet.e2e.process.Await;
import io.tinyfleet.e2e.process.FleetApi;
import io.tinyfleet.e2e.process.LoggedProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two slots and two runtimes through whole agents and a whole server: MediaPipe's face detector (TensorFlow Lite) on
 * pictures and Silero (ONNX Runtime) on sound. One device sees a portrait and hears speech, the other a cup, a page and
 * silence. Then what was rolled out is exported into a device's image.
 */
@EnabledIfSystemProperty(named = TwoSlotsIT.PICTURES, matches = ".+")
class TwoSlotsIT {
    static final String PICTURES = "tinyfleet.pictures";

    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final Pattern SCORE = Pattern.compile("\"score\":([0-9.]+),\"label\":\"face\"");
    private static final String FACE_PIPELINE = """
            {"image": {"input": "input", "width": 128, "height": 128, "fit": "LETTERBOX", "channels": "RGB",
                       "layout": "NHWC", "type": "FLOAT32", "scale": 0.00784313725490196, "mean": [1]},
             "boxes": {"boxesOutput": "regressors", "scoresOutput": "classificators",
                       "anchors": {"inputWidth": 128, "inputHeight": 128, "strides": [8, 16, 16, 16],
                                   "minScale": 0.1484375, "maxScale": 0.75, "offset": 0.5, "aspectRatios": [1],
                                   "interpolatedAspectRatio": 1, "unitSize": true},
                       "order": "XYWH", "boxScale": 128, "keypoints": 6, "sigmoid": true, "scoreClip": 100,
                       "threshold": 0.8, "overlap": 0.3, "merge": "WEIGHTED", "maxBoxes": 10, "labels": ["face"]}}
            """;

    @TempDir
    Path home;

    @Test
    void two_runtimes_serve_two_slots_of_one_device_and_say_what_is_there() throws Exception {
        try (Stage stage = new Stage(home, Stage.freePorts())) {
            stage.startServer();
            String portraitInput = pictures("portrait", "astronaut.png");
            String otherInput = pictures("others", "coffee.png", "page.png");
            try (LoggedProcess first = start(
                            stage,
                            "sees-a-face",
                            portraitInput,
                            stage.installation().speech().toString());
                    LoggedProcess second = start(stage, "sees-none", otherInput, "silence")) {
                String vad = stage.fleet().publish(DemoRelease.V6);
                rollOut(stage.api(), "vad", vad);
                rollOut(stage.api(), "faces", publishFaces(stage));

                results(stage);
                windowsOfBothSlots(stage.api());
            }
            theExportRunsBeforeAnEnrolment(stage);
        }
    }

    private void results(Stage stage) {
        List<String> portrait = lines("sees-a-face", "faces", 5);
        assertThat(portrait).allSatisfy(line -> {
            Matcher face = SCORE.matcher(line);
            assertThat(face.find()).as(line).isTrue();
            assertThat(Double.parseDouble(face.group(1))).isGreaterThan(0.9);
        });
        assertThat(lines("sees-none", "faces", 5))
                .allSatisfy(line -> assertThat(line).contains("\"boxes\":[]"));
        List<String> speech = lines("sees-a-face", "vad", 600);
        long over =
                speech.stream().filter(line -> line.contains("\"over\":true")).count();
        assertThat(over * 1.0 / speech.size()).isGreaterThan(0.6);
        assertThat(lines("sees-none", "vad", 300))
                .allSatisfy(line -> assertThat(line).contains("\"over\":false"));
        for (String device : List.of("sees-a-face", "sees-none")) {
            JsonNode slots = stage.api().get("/api/v1/devices/" + device).path("slots");
            assertThat(slots.size()).isEqualTo(2);
            slots.forEach(slot -> {
                assertThat(slot.path("attempt").path("phase").asText())
                        .as(slot.toString())
                        .isEqualTo("HEALTHY");
                assertThat(slot.path("input").path("state").asText())
                        .as(slot.toString())
                        .isEqualTo("FLOWING");
            });
        }
    }

    private static void windowsOfBothSlots(FleetApi api) {
        for (String device : List.of("sees-a-face", "sees-none")) {
            Set<String> slots = new HashSet<>();
            Await.until(
                    "windows of both slots of " + device,
                    LIMIT,
                    () -> {
                        api.get("/api/v1/telemetry/windows?limit=100&device=" + device)
                                .path("items")
                                .forEach(window -> {
                                    assertThat(window.path("failed").asLong()).isZero();
                                    slots.add(window.path("slot").asText());
                                });
                        return slots.containsAll(Set.of("faces", "vad"));
                    },
                    slots::toString);
        }
    }

    // ---- devices

    private LoggedProcess start(Stage stage, String id, String pictures, String sound) throws IOException {
        Path agentHome = agentHome(id);
        AgentProcess.configure(
                agentHome,
                Map.of(
                        "slot.faces.source", "replay",
                        "slot.faces.replay.input", pictures,
                        "slot.faces.results.file", "faces.jsonl",
                        "slot.vad.source", "replay",
                        "slot.vad.replay.input", sound,
                        "slot.vad.results.file", "vad.jsonl",
                        "telemetry.window-seconds", "5"));
        ObjectNode wanted = FleetApi.object();
        wanted.put("name", id);
        wanted.put("kind", "REPLAY");
        wanted.put("maxUses", 1);
        wanted.put("validHours", 1);
        String token = stage.api()
                .post("/api/v1/enrolment-tokens", wanted)
                .path("token")
                .asText();
        Path log = home.resolve("logs").resolve(id + ".log");
        AgentProcess.enrol(stage.installation(), agentHome, stage.server().http(), token, id, log);
        return AgentProcess.run(stage.installation(), agentHome, id, log);
    }

    private Path agentHome(String id) {
        return home.resolve("agents").resolve(id);
    }

    private String pictures(String folder, String... names) throws IOException {
        Path made = Files.createDirectories(home.resolve("pictures").resolve(folder));
        for (String name : names) {
            Files.copy(Path.of(System.getProperty(PICTURES)).resolve(name), made.resolve(name));
        }
        return made.toString();
    }

    private List<String> lines(String id, String slot, int atLeast) {
        Path file = agentHome(id).resolve(slot + ".jsonl");
        Await.until(atLeast + " results in " + file, LIMIT, () -> read(file).size() >= atLeast, () -> "fewer");
        return read(file);
    }

    private static List<String> read(Path file) {
        try {
            List<String> lines = Files.exists(file) ? new ArrayList<>(Files.readAllLines(file)) : List.of();
            // The last one may be half written.
            return lines.isEmpty() ? lines : lines.subList(0, lines.size() - 1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- releases

    private static String publishFaces(Stage stage) {
        FleetApi api = stage.api();
        ObjectNode model = FleetApi.object();
        model.put("name", "face-detection");
        model.put("task", "face detection");
        model.put("licence", "Apache-2.0");
        api.post("/api/v1/models", model);
        String artifact = api.upload(
                        "/api/v1/artifacts?name=face_detection_short_range.tflite",
                        stage.installation().model("face_detection_short_range.tflite"))
                .path("sha256")
                .asText();
        ObjectNode body = FleetApi.object();
        body.put("version", "1.0.0");
        body.put("licence", "Apache-2.0");
        ObjectNode variant = body.putArray("variants").addObject();
        variant.put("name", "tflite-fp16");
        variant.put("artifact", artifact);
        variant.put("runtime", "tflite");
        variant.put("precision", "fp16");
        variant.set("pipeline", FleetApi.parse(FACE_PIPELINE));
        return api.post("/api/v1/models/face-detection/releases", body)
                .path("id")
                .asText();
    }

    private static void rollOut(FleetApi api, String slot, String release) {
        ObjectNode body = FleetApi.object();
        body.put("name", slot);
        body.put("releaseId", release);
        body.put("slot", slot);
        ObjectNode wave = body.putArray("waves").addObject();
        wave.put("name", "Everyone");
        wave.put("percent", 100);
        wave.put("maxInFlight", 10);
        wave.put("soakSeconds", 1);
        ObjectNode probation = body.putObject("probation");
        probation.put("runningSeconds", 5);
        probation.put("minInferences", 3);
        probation.put("deadlineSeconds", 120);
        body.put("onFail", "ROLL_BACK");
        body.put("windowSeconds", 5);
        JsonNode made = api.post("/api/v1/rollouts", body);
        String id = made.path("id").asText();
        ObjectNode start = FleetApi.object();
        start.put("version", made.path("version").asLong());
        api.post("/api/v1/rollouts/" + id + "/start", start);
        Await.until(
                "the rollout of " + slot,
                LIMIT,
                () -> "COMPLETED"
                        .equals(api.get("/api/v1/rollouts/" + id).path("state").asText()),
                () -> api.get("/api/v1/rollouts/" + id).toString());
    }

    // ---- the factory model

    private void theExportRunsBeforeAnEnrolment(Stage stage) throws IOException {
        Path image = home.resolve("image/vad");
        Path program = stage.installation().root().resolve("model-registry/target/cli/bin/tinyfleet");
        ObjectNode wanted = FleetApi.object();
        wanted.put("name", "image");
        wanted.putArray("roles").add("viewer").add("data");
        String token = stage.api().post("/api/v1/tokens", wanted).path("token").asText();
        Path log = home.resolve("logs/export.log");
        try (LoggedProcess export = LoggedProcess.start(
                "export",
                List.of(program.toString(), "release", "export", DemoRelease.MODEL, "6.0.0", image.toString()),
                Map.of("TINYFLEET_URL", stage.server().http().toString(), "TINYFLEET_TOKEN", token),
                log)) {
            assertThat(export.awaitExit(LIMIT)).as(export.lastLines()).isZero();
        }
        Path agentHome = agentHome("not-enrolled");
        AgentProcess.configure(
                agentHome,
                Map.of(
                        "slot.vad.source",
                        "replay",
                        "slot.vad.replay.input",
                        stage.installation().speech().toString(),
                        "slot.vad.results.file",
                        "vad.jsonl",
                        "slot.vad.factory",
                        image.toString()));
        try (LoggedProcess agent = AgentProcess.launch(
                stage.installation(), agentHome, "not-enrolled", home.resolve("logs/not-enrolled.log"))) {
            agent.awaitLine("AGENT NOT ENROLLED", Duration.ofSeconds(60));
            List<String> lines = lines("not-enrolled", "vad", 30);
            assertThat(lines).allSatisfy(line -> assertThat(line).contains("\"version\":\"6.0.0\""));
        }
    }
}
