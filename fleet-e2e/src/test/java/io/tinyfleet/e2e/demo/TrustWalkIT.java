package io.tinyfleet.e2e.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tinyfleet.e2e.process.FleetApi;
import io.tinyfleet.e2e.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands of docs/trust.md, as they stand there, against a fresh server: who follows the page gets through. */
class TrustWalkIT {
    private static final Path CHECKOUT = Path.of(System.getProperty("tinyfleet.root", ".."));
    private static final Pattern COMMANDS = Pattern.compile("```bash\\n(.*?)```", Pattern.DOTALL);

    @TempDir
    Path folder;

    @Test
    @Timeout(value = 240, unit = TimeUnit.SECONDS)
    void ceremony_offline_release_rotations_and_a_raised_floor() throws Exception {
        try (Stage stage = new Stage(folder, ServerProcess.Ports.FREE)) {
            ServerProcess server = stage.startServer();
            String token = stage.api()
                    .post(
                            "/api/v1/tokens",
                            FleetApi.object().put("name", "walk").set("roles", FleetApi.parse("[\"admin\"]")))
                    .path("token")
                    .asText();

            String output = walk(server, token);

            JsonNode trust = stage.api().get("/api/v1/trust");
            assertThat(trust.path("rootVersion").asLong()).as(output).isEqualTo(5);
            assertThat(trust.path("rootKeysHere").asBoolean()).isFalse();
            assertThat(trust.path("releasesSignedHere").asBoolean()).isFalse();
            assertThat(StreamSupport.stream(trust.path("roles").spliterator(), false)
                            .filter(role -> role.path("role").asText().equals("root"))
                            .map(role -> role.path("threshold").asInt() + " of "
                                    + role.path("keyIds").size()))
                    .containsExactly("2 of 3");
            assertThat(trust.path("heads").path("releases").asInt()).isEqualTo(2);
            assertThat(trust.path("floors").path(0).path("minSecurityVersion").asLong())
                    .isEqualTo(2);
        }
    }

    private String walk(ServerProcess server, String token) throws IOException, InterruptedException {
        Path work = Files.createDirectories(folder.resolve("walk"));
        Path script = work.resolve("walk.sh");
        Files.writeString(script, "set -euo pipefail\n" + tinyfleet() + String.join("\n", commands()));
        Path log = folder.resolve("walk.log");
        ProcessBuilder walk = new ProcessBuilder("bash", "-x", script.toString());
        walk.directory(work.toFile());
        walk.environment().put("SERVER", server.http().toString().replaceAll("/$", ""));
        walk.environment().put("TOKEN", token);
        walk.environment().put("KEYS", folder.resolve("server/keys").toString());
        walk.environment()
                .put(
                        "MODEL",
                        CHECKOUT.resolve("target/models/silero_vad_v6.onnx")
                                .toAbsolutePath()
                                .normalize()
                                .toString());
        Process process =
                walk.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        assertThat(process.waitFor(180, TimeUnit.SECONDS)).isTrue();
        String output = Files.readString(log).replace(token, "…");
        assertThat(process.exitValue()).as(output).isZero();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(work.resolve("root-a.pem"))))
                .isEqualTo("rw-------");
        assertThat(output).doesNotContain("PRIVATE KEY");
        return output;
    }

    private static List<String> commands() throws IOException {
        Matcher blocks = COMMANDS.matcher(Files.readString(CHECKOUT.resolve("docs/trust.md")));
        List<String> commands = new ArrayList<>();
        while (blocks.find()) {
            commands.add(blocks.group(1));
        }
        assertThat(commands).hasSizeGreaterThan(6);
        return commands;
    }

    /** The program as the build leaves it. */
    private static String tinyfleet() {
        Path program =
                CHECKOUT.resolve("model-registry/target/cli/bin/tinyfleet").toAbsolutePath();
        return "tinyfleet() { '" + program.normalize() + "' \"$@\"; }\n";
    }
}
