package io.tinyfleet.e2e.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tinyfleet.e2e.process.AgentProcess;
import io.tinyfleet.e2e.process.Await;
import io.tinyfleet.e2e.process.FleetApi;
import io.tinyfleet.e2e.process.Installation;
import io.tinyfleet.e2e.process.LoggedProcess;
import io.tinyfleet.e2e.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.StreamSupport;

/**
 * The way an operator goes, through the public API alone: enrol, publish, roll out. Every step looks first whether
 * it has been done, so that a second run on the same home goes on where the first one stopped.
 */
public final class DemoFleet {

    private static final Duration ROLLOUT_LIMIT = Duration.ofMinutes(6);
    private static final Set<String> ENDED = Set.of("COMPLETED", "ROLLED_BACK", "PAUSED", "ABORTED");

    private final Installation installation;
    private final Path home;
    private final ServerProcess server;
    private final FleetApi api;
    private final Progress progress;

    public DemoFleet(Installation installation, Path home, ServerProcess server, FleetApi api, Progress progress) {
        this.installation = installation;
        this.home = home;
        this.server = server;
        this.api = api;
        this.progress = progress;
    }

    /** How a rollout ended. */
    public record Outcome(String rolloutId, String state, JsonNode rollout) {}

    /** Enrols the device unless its home shows that it is, and starts its agent. */
    public LoggedProcess startAgent(DemoDevice device) throws IOException {
        Path agentHome = home.resolve("agents").resolve(device.id());
        Path log = home.resolve("logs").resolve(device.id() + ".log");
        // Homes from before the link was encrypted have no authorities: they are enrolled again, with the same key.
        Path enrolled = agentHome.resolve("identity/link-authorities.pem");
        AgentProcess.configure(agentHome, device.settings(installation));
        if (!Files.exists(enrolled) || !isKnown(device)) {
            AgentProcess.enrol(installation, agentHome, server.http(), enrolmentToken(device), device.id(), log);
        }
        return AgentProcess.run(installation, agentHome, device.id(), log);
    }

    private boolean isKnown(DemoDevice device) {
        return api.find("/api/v1/devices/" + device.id()).isPresent();
    }

    private String enrolmentToken(DemoDevice device) {
        ObjectNode wanted = FleetApi.object();
        wanted.put("name", "quick start " + device.id());
        wanted.put("kind", "REPLAY");
        wanted.put("maxUses", 1);
        wanted.put("validHours", 1);
        return api.post("/api/v1/enrolment-tokens", wanted).path("token").asText();
    }

    /** Uploads the model and its self-test and makes the release, unless the version exists. Answers the release's id. */
    public String publish(DemoRelease release) throws IOException {
        return publish(release.version(), installation.model(release.file()), release.selfTestAltered());
    }

    /** The same for any file of this model. */
    public String publish(String version, Path file, boolean selfTestAltered) throws IOException {
        if (api.find("/api/v1/models/" + DemoRelease.MODEL + "/releases").isEmpty()) {
            ObjectNode model = FleetApi.object();
            model.put("name", DemoRelease.MODEL);
            model.put("task", "voice activity detection");
            model.put("description", "Says for every 32 ms of sound how likely it is that somebody speaks.");
            model.put("licence", "MIT");
            api.post("/api/v1/models", model);
        }
        Optional<String> existing = findRelease(version);
        if (existing.isPresent()) {
            return existing.get();
        }
        String artifact = api.upload("/api/v1/artifacts?name=" + file.getFileName(), file)
                .path("sha256")
                .asText();
        byte[] vectors = DemoSelfTest.record(file, installation.speech(), selfTestAltered);
        String selfTest = api.upload("/api/v1/artifacts?kind=self-test", vectors)
                .path("sha256")
                .asText();
        return api.post("/api/v1/models/" + DemoRelease.MODEL + "/releases", releaseBody(version, artifact, selfTest))
                .path("id")
                .asText();
    }

    private Optional<String> findRelease(String version) {
        JsonNode all = api.get("/api/v1/models/" + DemoRelease.MODEL + "/releases");
        return StreamSupport.stream(all.path("items").spliterator(), false)
                .filter(item -> item.path("version").asText().equals(version))
                .map(item -> item.path("id").asText())
                .findFirst();
    }

    private static ObjectNode releaseBody(String version, String artifact, String selfTest) {
        ObjectNode body = FleetApi.object();
        body.put("version", version);
        body.put("licence", "MIT");
        ObjectNode variant = body.putArray("variants").addObject();
        variant.put("name", "onnx-fp32");
        variant.put("artifact", artifact);
        variant.put("runtime", "onnxruntime");
        variant.put("minRuntime", "1.16.0");
        variant.put("precision", "fp32");
        variant.put("ramPeakBytes", 96L * 1024 * 1024);
        ObjectNode test = variant.putObject("selfTest");
        test.put("vectors", selfTest);
        test.put("absoluteTolerance", DemoSelfTest.ABSOLUTE_TOLERANCE);
        test.put("relativeTolerance", DemoSelfTest.RELATIVE_TOLERANCE);
        ObjectNode frames = variant.putObject("pipeline").putObject("audioFrames");
        frames.put("sampleRateHz", DemoSelfTest.SAMPLE_RATE_HZ);
        frames.put("frameSamples", DemoSelfTest.FRAME_SAMPLES);
        frames.put("contextSamples", DemoSelfTest.CONTEXT_SAMPLES);
        frames.put("input", "input");
        ObjectNode state = frames.putArray("feedback").addObject();
        state.put("input", "state");
        state.put("output", "stateN");
        state.putArray("shape").add(2).add(1).add(128);
        ObjectNode rate = frames.putArray("constants").addObject();
        rate.put("input", "sr");
        rate.put("int64", DemoSelfTest.SAMPLE_RATE_HZ);
        frames.put("scoreOutput", "output");
        frames.put("scoreThreshold", 0.5);
        return body;
    }

    /** Creates and starts the release's rollout, or takes up the one that exists; answers its id. */
    public String startRollout(DemoRelease release, String releaseId) {
        return startRollout(release.version(), releaseId);
    }

    /** The same for a release by its version. */
    public String startRollout(String version, String releaseId) {
        Optional<JsonNode> existing = findRollout(releaseId);
        JsonNode rollout = existing.isPresent() ? existing.get() : planRollout(version, releaseId);
        String id = rollout.path("id").asText();
        String state = rollout.path("state").asText();
        if (state.equals("DRAFT") || state.equals("READY")) {
            ObjectNode start = FleetApi.object();
            start.put("version", rollout.path("version").asLong());
            api.post("/api/v1/rollouts/" + id + "/start", start);
        }
        return id;
    }

    /** Creates a rollout of the release and leaves it unstarted. */
    public JsonNode planRollout(String version, String releaseId) {
        return api.post("/api/v1/rollouts", rolloutBody(version, releaseId));
    }

    private Optional<JsonNode> findRollout(String releaseId) {
        return StreamSupport.stream(
                        api.get("/api/v1/rollouts?limit=100").path("items").spliterator(), false)
                .filter(item -> item.path("release").path("id").asText().equals(releaseId))
                .findFirst()
                .map(item -> api.get("/api/v1/rollouts/" + item.path("id").asText()));
    }

    private static ObjectNode rolloutBody(String version, String releaseId) {
        ObjectNode body = FleetApi.object();
        body.put("name", DemoRelease.MODEL + " " + version);
        body.put("releaseId", releaseId);
        body.put("slot", DemoDevice.SLOT);
        ArrayNode waves = body.putArray("waves");
        ObjectNode canary = waves.addObject();
        canary.put("name", "Canary");
        canary.put("count", 1);
        canary.put("maxInFlight", 1);
        canary.put("soakSeconds", 5);
        ObjectNode rest = waves.addObject();
        rest.put("name", "Everyone");
        rest.put("percent", 100);
        rest.put("maxInFlight", 10);
        rest.put("soakSeconds", 5);
        ObjectNode probation = body.putObject("probation");
        probation.put("runningSeconds", 15);
        probation.put("minInferences", 100);
        probation.put("deadlineSeconds", 120);
        body.put("onFail", "ROLL_BACK");
        body.put("windowSeconds", 10);
        return body;
    }

    /** Waits until the rollout has ended one way or another, and tells each change on the way. */
    public Outcome awaitEnd(String rolloutId) {
        Set<String> told = new HashSet<>();
        JsonNode[] seen = {api.get("/api/v1/rollouts/" + rolloutId)};
        Await.until(
                "rollout " + rolloutId + " to end",
                ROLLOUT_LIMIT,
                () -> {
                    seen[0] = api.get("/api/v1/rollouts/" + rolloutId);
                    String line = summary(seen[0]);
                    if (told.add(line)) {
                        progress.detail(line);
                    }
                    return ENDED.contains(seen[0].path("state").asText());
                },
                () -> seen[0].toString());
        return new Outcome(rolloutId, seen[0].path("state").asText(), seen[0]);
    }

    private static String summary(JsonNode rollout) {
        StringBuilder text = new StringBuilder(rollout.path("name").asText())
                .append(": ")
                .append(rollout.path("state").asText());
        for (JsonNode wave : rollout.path("waves")) {
            JsonNode counts = wave.path("counts");
            text.append(" | ")
                    .append(wave.path("name").asText())
                    .append(' ')
                    .append(wave.path("state").asText())
                    .append(' ')
                    .append(counts.path("healthy").asInt())
                    .append('/')
                    .append(wave.path("size").asInt())
                    .append(" healthy");
            int failed =
                    counts.path("failed").asInt() + counts.path("rolledBack").asInt();
            if (failed > 0) {
                text.append(", ").append(failed).append(" failed");
            }
        }
        return text.toString();
    }

    /** Devices whose active artifact in the demonstration slot is the given version. */
    public int devicesOn(String version) {
        int count = 0;
        for (JsonNode device : api.get("/api/v1/devices?limit=100").path("items")) {
            for (JsonNode slot : device.path("slots")) {
                if (slot.path("slot").asText().equals(DemoDevice.SLOT)
                        && slot.path("active").path("version").asText().equals(version)) {
                    count++;
                }
            }
        }
        return count;
    }

    public FleetApi api() {
        return api;
    }
}
