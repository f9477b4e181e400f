package io.tinyfleet.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.tinyfleet.server.platform.DatabaseResource;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of docs/publish.md, run by a shell as they stand there, with the real program against this server. */
@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
class PublishPageTest {
    private static final Pattern BLOCK = Pattern.compile("```sh\\n(.*?)```", Pattern.DOTALL);
    private static final long MAX_MINUTES = 5;

    @Inject
    ApiTokens tokens;

    @TempDir
    Path folder;

    @Test
    void the_page_can_be_followed() throws Exception {
        Path models = Path.of(System.getProperty("tinyfleet.models"));
        Files.copy(models.resolve("silero_vad_v5.onnx"), folder.resolve("voice-v5.onnx"));
        Files.copy(models.resolve("silero_vad_v6.onnx"), folder.resolve("voice-v6.onnx"));
        String script = "set -eux\n" + String.join("\n", blocks());

        Path output = folder.resolve("output.txt");
        int exitCode = run(List.of("bash", "-c", script), output);

        String said = Files.readString(output);
        assertThat(exitCode).as(said).isZero();
        assertThat(said)
                .contains("got.onnx is the variant onnx-fp32 of voice 1.1.0")
                .contains("withdrawn: hears voices")
                .contains("voice 1.0.0 is removed");
        assertThat(Files.readString(folder.resolve("report.json"))).contains("\"estimatedPeakRamBytes\"");
        assertThat(folder.resolve("got.onnx")).hasSameBinaryContentAs(folder.resolve("voice-v6.onnx"));
    }

    @Test
    void refusals_are_one_sentence_and_exit_code_1() throws Exception {
        Files.writeString(folder.resolve("text.onnx"), "no model");
        Path output = folder.resolve("output.txt");
        for (List<String> refused : List.of(
                List.of("tinyfleet", "inspect", "text.onnx"),
                List.of("tinyfleet", "inspect", "missing.onnx"),
                List.of("tinyfleet", "upload", "text.onnx"),
                List.of("tinyfleet", "release", "show", "nobody", "1.0.0"),
                List.of("tinyfleet", "model", "create", "Bad Name", "--licence", "free"),
                List.of("tinyfleet", "gc"),
                List.of("tinyfleet", "import", "nowhere", "--model", "x"),
                List.of("tinyfleet", "model", "list", "--url", "http://127.0.0.1:1"),
                List.of("tinyfleet", "model", "list", "--url", "ftp://x"),
                List.of("tinyfleet", "model", "list", "--token-file", "missing"))) {
            int exitCode = run(refused, output);
            assertThat(exitCode).as("%s: %s", refused, Files.readString(output)).isEqualTo(1);
            assertThat(Files.readString(output).lines()).as("%s", refused).hasSize(1);
        }
        assertThat(run(List.of("tinyfleet", "release", "create", "voice"), output))
                .isEqualTo(2);
    }

    private static List<String> blocks() throws IOException {
        Matcher matcher = BLOCK.matcher(Files.readString(Path.of("../docs/publish.md")));
        List<String> blocks = new ArrayList<>();
        while (matcher.find()) {
            blocks.add(matcher.group(1));
        }
        assertThat(blocks).hasSizeGreaterThan(6);
        return blocks;
    }

    /** With the program on the path, in the test's folder, and a real token for the role data. */
    private int run(List<String> command, Path output) throws IOException, InterruptedException {
        Path bin = Files.createDirectories(folder.resolve("bin"));
        Path program = bin.resolve("tinyfleet");
        Files.writeString(
                program,
                "#!/bin/sh\nexec java -XX:TieredStopAtLevel=1 -Djava.util.logging.manager=org.jboss.logmanager.LogManager -cp '"
                        + System.getProperty("java.class.path") + "' io.tinyfleet.registry.cli.Tinyfleet \"$@\"\n",
                StandardCharsets.UTF_8);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(command))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.command().set(0, command.get(0).equals("tinyfleet") ? program.toString() : command.get(0));
        builder.environment().put("PATH", bin + ":" + System.getenv("PATH"));
        builder.environment().put("TINYFLEET_URL", "http://127.0.0.1:" + RestAssured.port);
        builder.environment()
                .put(
                        "TINYFLEET_TOKEN",
                        tokens.make("page " + System.nanoTime(), List.of(Role.DATA, Role.VIEWER), null, "test")
                                .token()
                                .secret());
        Process process = builder.start();
        if (!process.waitFor(MAX_MINUTES, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError("not done after " + MAX_MINUTES + " minutes: " + Files.readString(output));
        }
        return process.exitValue();
    }
}
