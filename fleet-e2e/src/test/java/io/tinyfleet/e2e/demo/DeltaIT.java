package io.tinyfleet.e2e.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tinyfleet.e2e.process.Await;
import io.tinyfleet.e2e.process.FleetApi;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.delta.BaseFile;
import io.tinyfleet.registry.inspect.ModelInspector;
import io.tinyfleet.registry.inspect.ModelRefused;
import io.tinyfleet.registry.inspect.TensorLocation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A device that runs the version before fetches what changed, and nothing else. */
class DeltaIT {

    private static final Duration SOON = Duration.ofSeconds(90);
    private static final String RETUNED = "5.0.1";

    @TempDir
    Path home;

    @Test
    void a_retuned_model_travels_as_a_delta() throws IOException, ModelRefused {
        try (Stage stage = new Stage(home, Stage.freePorts())) {
            stage.startServer();
            stage.startAgent(DemoDevice.SPEECH);
            DemoFleet fleet = stage.fleet();
            assertThat(fleet.awaitEnd(fleet.startRollout(DemoRelease.V5, fleet.publish(DemoRelease.V5)))
                            .state())
                    .isEqualTo("COMPLETED");
            JsonNode whole = attempt(fleet.api());
            assertThat(whole.path("encoding").asText()).isIn("IDENTITY", "ZSTD");

            Path retuned = retuned(stage.installation().model(DemoRelease.V5.file()));
            String release = fleet.publish(RETUNED, retuned, false);
            String artifact = Digest.of(Files.readAllBytes(retuned)).hex();
            Await.until("a delta to be made", SOON, () -> isDeltaReady(fleet.api(), artifact));
            DemoFleet.Outcome outcome = fleet.awaitEnd(fleet.startRollout(RETUNED, release));

            assertThat(outcome.state()).isEqualTo("COMPLETED");
            assertThat(fleet.devicesOn(RETUNED)).isOne();
            JsonNode attempt = attempt(fleet.api());
            assertThat(attempt.path("artifactSha256").asText()).isEqualTo(artifact);
            assertThat(attempt.path("encoding").asText()).isEqualTo("TD1");
            assertThat(attempt.path("bytesOnWire").asLong())
                    .as("bytes over the link for a model of %d", Files.size(retuned))
                    .isPositive()
                    .isLessThan(whole.path("bytesOnWire").asLong() / 5);
        }
    }

    private static boolean isDeltaReady(FleetApi api, String artifact) {
        for (JsonNode encoding :
                api.get("/api/v1/encodings?artifact=" + artifact).path("items")) {
            if (encoding.path("kind").asText().equals("TD1")
                    && encoding.path("state").asText().equals("READY")) {
                return true;
            }
        }
        return false;
    }

    private static JsonNode attempt(FleetApi api) {
        return api.get("/api/v1/devices/" + DemoDevice.SPEECH.id())
                .path("slots")
                .path(0)
                .path("attempt");
    }

    /** The same model with the largest tensor's weights moved by a hair, as a last round of training does. */
    private Path retuned(Path model) throws IOException, ModelRefused {
        byte[] bytes = Files.readAllBytes(model);
        TensorLocation largest;
        try (BaseFile file = BaseFile.open(model)) {
            largest = ModelInspector.locateTensors(file).stream()
                    .filter(tensor -> tensor.elementType().equals("float32"))
                    .max(Comparator.comparingLong(TensorLocation::length))
                    .orElseThrow();
        }
        Random random = new Random(1);
        for (long at = largest.offset(); at < largest.offset() + largest.length(); at += Float.BYTES) {
            bytes[(int) at] ^= (byte) random.nextInt(8);
        }
        return Files.write(home.resolve("silero_vad_v5_retuned.onnx"), bytes);
    }
}
