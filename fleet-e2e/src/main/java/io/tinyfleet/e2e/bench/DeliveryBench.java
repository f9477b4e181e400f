package io.tinyfleet.e2e.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tinyfleet.agent.enrol.Enrolment;
import io.tinyfleet.agent.enrol.Identity;
import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.install.Disk;
import io.tinyfleet.agent.install.NioDisk;
import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.e2e.bench.CrowdDevice.Behaviour;
import io.tinyfleet.e2e.demo.Progress;
import io.tinyfleet.e2e.process.Await;
import io.tinyfleet.e2e.process.FleetApi;
import io.tinyfleet.e2e.process.FreePort;
import io.tinyfleet.e2e.process.Installation;
import io.tinyfleet.e2e.process.LoggedProcess;
import io.tinyfleet.e2e.process.Memory;
import io.tinyfleet.e2e.process.ServerProcess;
import io.tinyfleet.protocol.DeviceId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * {@code ./bench delivery}: many devices fetch one blob, first each on its own, then from the shared topic, then with
 * lost messages, then with late comers. The server and Debian's Mosquitto are processes of their own; each run has a new
 * server, broker and fleet. What the server published is what it counts itself.
 *
 * <p>Arguments: a folder to work in, and the path of mosquitto.
 */
public final class DeliveryBench {
    private static final int DEVICES = 40;
    private static final int FIRST_WAVE = 10;
    private static final int BLOB_BYTES = 8 * 1024 * 1024;
    private static final double LOSS = 0.05;
    private static final int LATE = 10;
    private static final Duration RUN_LIMIT = Duration.ofMinutes(6);
    private static final String NEVER_SHARED = "-Dtinyfleet.delivery.shared-over-devices=1000000";

    private final Installation installation;
    private final Path folder;
    private final String mosquitto;
    private final Progress progress;

    /** What one run has cost. */
    private record Figures(
            long publishedBytes, long sharedBytes, int verified, double seconds, double brokerPeakMb, long dropped) {}

    private DeliveryBench(Path folder, String mosquitto) {
        this.installation = Installation.ofSystemProperty();
        this.folder = folder;
        this.mosquitto = mosquitto;
        this.progress = new Progress(System.err, 4);
    }

    public static void main(String[] arguments) throws Exception {
        EventLog.setLowest(EventLog.Level.WARN);
        new DeliveryBench(Path.of(arguments[0]), arguments[1]).run();
    }

    private void run() throws Exception {
        Figures own = measure("own", "each device on its own", List.of(NEVER_SHARED), number -> Behaviour.GOOD);
        Figures shared = measure("shared", "all from the shared topic", List.of(), number -> Behaviour.GOOD);
        Figures lossy = measure(
                "lossy",
                "shared, 5 % of chunks dropped by devices",
                List.of(),
                number -> new Behaviour(LOSS, Duration.ZERO));
        Figures late = measure(
                "late",
                "shared, " + LATE + " devices come 1 to 10 s late",
                List.of(),
                number -> number < LATE ? new Behaviour(0, Duration.ofSeconds(number + 1L)) : Behaviour.GOOD);
        ObjectNode result = FleetApi.object();
        result.put("devices", DEVICES);
        result.put("blobBytes", BLOB_BYTES);
        result.put("ownPublishedBytes", own.publishedBytes());
        result.put("sharedPublishedBytes", shared.publishedBytes());
        result.put("verified", Math.min(own.verified(), shared.verified()));
        result.put("brokerPeakMb", Math.max(own.brokerPeakMb(), shared.brokerPeakMb()));
        result.put("ownSeconds", own.seconds());
        result.put("sharedSeconds", shared.seconds());
        result.put("lossPublishedBytes", lossy.publishedBytes());
        result.put("lossVerified", lossy.verified());
        result.put("lossDroppedChunks", lossy.dropped());
        result.put("lossSeconds", lossy.seconds());
        result.put("latePublishedBytes", late.publishedBytes());
        result.put("lateVerified", late.verified());
        result.put("lateSeconds", late.seconds());
        System.out.println(result);
    }

    private Figures measure(String name, String sentence, List<String> properties, IntFunction<Behaviour> behaviours)
            throws Exception {
        progress.step(sentence);
        Path home = Files.createDirectories(folder.resolve(name));
        int port = FreePort.take();
        Path conf = Files.writeString(
                home.resolve("mosquitto.conf"), "listener " + port + " 127.0.0.1\nallow_anonymous true\n");
        List<String> all = new ArrayList<>(properties);
        all.add("-Dtinyfleet.mqtt.url=tcp://127.0.0.1:" + port);
        try (LoggedProcess broker = LoggedProcess.start(
                "mosquitto", List.of(mosquitto, "-v", "-c", conf.toString()), Map.of(), home.resolve("broker.log"))) {
            Await.until("the broker to run", Duration.ofSeconds(20), () -> running(home), broker::lastLines);
            try (ServerProcess server = ServerProcess.start(
                    installation, home.resolve("server"), ServerProcess.Ports.FREE, home.resolve("server.log"), all)) {
                Figures figures = crowd(server, broker, home, behaviours);
                progress.detail(String.format(
                        "%d of %d verified in %.1f s, the server published %.2f MiB",
                        figures.verified(), DEVICES, figures.seconds(), figures.publishedBytes() / 1048576.0));
                return figures;
            }
        }
    }

    private static boolean running(Path home) {
        try {
            return Files.readString(home.resolve("broker.log")).contains("running");
        } catch (IOException notYet) {
            return false;
        }
    }

    private Figures crowd(ServerProcess server, LoggedProcess broker, Path home, IntFunction<Behaviour> behaviours)
            throws Exception {
        FleetApi api = FleetApi.withPassword(
                server.http(), "admin", server.adminPassword().orElseThrow());
        List<CrowdDevice> devices = new ArrayList<>();
        try {
            String token = enrolmentToken(api);
            for (int number = 0; number < DEVICES; number++) {
                Identity identity = enrol(server, token, home, "crowd-" + number);
                CrowdDevice device =
                        new CrowdDevice(identity, home.resolve("model-" + number + ".part"), behaviours.apply(number));
                devices.add(device);
                device.start();
            }
            Await.until(
                    "all devices to be online",
                    Duration.ofSeconds(60),
                    () -> online(api) == DEVICES,
                    () -> api.get("/api/v1/devices?limit=3").toString());
            String release = publish(api, home);
            long before = counter(server, "tinyfleet_delivery_chunk_bytes_total");
            long start = System.nanoTime();
            startRollouts(api, release);
            Await.until(
                    "all devices to have the model",
                    RUN_LIMIT,
                    () -> devices.stream().allMatch(CrowdDevice::isVerified),
                    () -> standing(devices));
            double seconds = Math.round((System.nanoTime() - start) / 1e8) / 10.0;
            return new Figures(
                    counter(server, "tinyfleet_delivery_chunk_bytes_total") - before,
                    counter(server, "tinyfleet_delivery_shared_chunk_bytes_total"),
                    (int) devices.stream().filter(CrowdDevice::isVerified).count(),
                    seconds,
                    Math.round(Memory.peakRssMegabytes(broker.pid()) * 10) / 10.0,
                    devices.stream().mapToLong(CrowdDevice::droppedChunks).sum());
        } finally {
            devices.forEach(CrowdDevice::close);
        }
    }

    private static int online(FleetApi api) {
        int count = 0;
        for (JsonNode device : api.get("/api/v1/devices?limit=100").path("items")) {
            if (device.path("online").asBoolean()) {
                count++;
            }
        }
        return count;
    }

    private static String standing(List<CrowdDevice> devices) {
        StringBuilder text = new StringBuilder();
        devices.stream()
                .filter(device -> !device.isVerified())
                .limit(5)
                .forEach(device -> text.append(device.standing()).append('\n'));
        return text.toString();
    }

    private static Identity enrol(ServerProcess server, String token, Path home, String id)
            throws IOException, Enrolment.EnrolmentException {
        Disk disk = new NioDisk();
        AgentHome agent = new AgentHome(home.resolve("devices").resolve(id));
        return new Enrolment(disk, agent)
                .enrol(new Enrolment.Request(server.http().toString(), token, new DeviceId(id), "generic-x86_64"));
    }

    private static String enrolmentToken(FleetApi api) {
        ObjectNode wanted = FleetApi.object();
        wanted.put("name", "crowd");
        wanted.put("kind", "SIMULATED");
        wanted.put("maxUses", DEVICES);
        wanted.put("validHours", 1);
        return api.post("/api/v1/enrolment-tokens", wanted).path("token").asText();
    }

    private static String publish(FleetApi api, Path home) {
        ObjectNode model = FleetApi.object();
        model.put("name", "crowd");
        model.put("licence", "MIT");
        api.post("/api/v1/models", model);
        byte[] file = BenchModel.ofSize(BLOB_BYTES, home.toString().hashCode());
        String artifact = api.upload("/api/v1/artifacts?name=crowd.onnx", file)
                .path("sha256")
                .asText();
        ObjectNode release = FleetApi.object();
        release.put("version", "1.0.0");
        release.put("licence", "MIT");
        ObjectNode variant = release.putArray("variants").addObject();
        variant.put("name", "v");
        variant.put("artifact", artifact);
        variant.put("runtime", "onnxruntime");
        return api.post("/api/v1/models/crowd/releases", release).path("id").asText();
    }

    /** A first wave may hold ten devices at once, so four rollouts begin together. */
    private static void startRollouts(FleetApi api, String release) {
        List<JsonNode> rollouts = new ArrayList<>();
        for (int first = 0; first < DEVICES; first += FIRST_WAVE) {
            ObjectNode body = FleetApi.object();
            body.put("name", "crowd " + first);
            body.put("releaseId", release);
            body.put("slot", "vad");
            ArrayNode members = body.putObject("filter").putArray("devices");
            for (int number = first; number < first + FIRST_WAVE; number++) {
                members.add("crowd-" + number);
            }
            ObjectNode wave = body.putArray("waves").addObject();
            wave.put("name", "All");
            wave.put("percent", 100);
            wave.put("maxInFlight", FIRST_WAVE);
            wave.put("soakSeconds", 5);
            ObjectNode probation = body.putObject("probation");
            probation.put("runningSeconds", 60);
            probation.put("minInferences", 1);
            probation.put("deadlineSeconds", 600);
            rollouts.add(api.post("/api/v1/rollouts", body));
        }
        for (JsonNode rollout : rollouts) {
            ObjectNode start = FleetApi.object();
            start.put("version", rollout.path("version").asLong());
            api.post("/api/v1/rollouts/" + rollout.path("id").asText() + "/start", start);
        }
    }

    /** A counter of the server's, as Prometheus would read it; 0 before it has counted anything. */
    private static long counter(ServerProcess server, String name) throws IOException {
        try (InputStream in = server.http().resolve("/q/metrics").toURL().openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith(name))
                    .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                    .mapToLong(value -> (long) Double.parseDouble(value))
                    .sum();
        }
    }
}
