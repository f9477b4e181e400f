package io.tinyfleet.registry.cli.trust;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.protocol.v1.Target;
import io.tinyfleet.protocol.v1.Variant;
import io.tinyfleet.registry.cli.CliRun;
import io.tinyfleet.registry.cli.Tinyfleet;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Keys, roots, releases, floors and bundles from the command line, and what it refuses. */
class TrustCommandsTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        CommandLine line = Tinyfleet.commandLine();
        line.setOut(new PrintWriter(out));
        line.setErr(new PrintWriter(err));
        List<String> all = new ArrayList<>(List.of("trust"));
        all.addAll(List.of(arguments));
        return line.execute(all.toArray(String[]::new));
    }

    private void done(String... arguments) {
        assertThat(run(arguments)).as("%s %s", String.join(" ", arguments), err).isZero();
    }

    private void refused(String sentence, String... arguments) {
        assertThat(run(arguments)).isEqualTo(Tinyfleet.REFUSED);
        assertThat(err.toString()).contains(sentence).doesNotContain("\tat ");
    }

    private String file(String name) {
        return folder.resolve(name).toString();
    }

    private void keys(String... names) {
        for (String name : names) {
            done("key", "generate", file(name + ".pem"));
        }
    }

    /** Root 1 with 2 of 3 root keys, signed by a and b. */
    private void ceremony() {
        keys("a", "b", "c", "release", "director", "heads");
        done(
                "root",
                "new",
                "--out",
                file("root-1"),
                "--root",
                file("a.pem.pub"),
                file("b.pem.pub"),
                file("c.pem.pub"),
                "--root-threshold",
                "2",
                "--release",
                file("release.pem.pub"),
                "--director",
                file("director.pem.pub"),
                "--heads",
                file("heads.pem.pub"));
        done("root", "sign", file("root-1"), "--key", file("a.pem"));
        refused("needs 2 of its 3 keys", "root", "verify", file("root-1"));
        done("root", "sign", file("root-1"), "--key", file("a.pem"));
        refused("needs 2 of its 3 keys", "root", "verify", file("root-1"));
        done("root", "sign", file("root-1"), "--key", file("b.pem"));
        done("root", "verify", file("root-1"));
    }

    @Test
    void a_private_key_is_for_its_owner_and_is_neither_printed_nor_written_over() throws IOException {
        keys("a");

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("a.pem"))))
                .isEqualTo("rw-------");
        refused("never written over", "key", "generate", file("a.pem"));
        done("key", "show", file("a.pem"));
        done("key", "show", file("a.pem.pub"), "--json");
        assertThat(out.toString()).doesNotContain("PRIVATE").contains("\"keyId\"");
        refused("there is no key file", "key", "show", file("missing.pem"));
    }

    @Test
    void a_root_of_two_of_three_is_rotated_one_step_at_a_time() {
        ceremony();
        keys("director-2");
        done(
                "root",
                "rotate",
                "--from",
                file("root-1"),
                "--out",
                file("root-2"),
                "--role",
                "director",
                "--keys",
                file("director-2.pem.pub"));
        done("root", "sign", file("root-2"), "--key", file("b.pem"));
        done("root", "sign", file("root-2"), "--key", file("c.pem"));
        done("root", "rotate", "--from", file("root-2"), "--out", file("root-3"));
        done("root", "sign", file("root-3"), "--key", file("a.pem"));
        done("root", "sign", file("root-3"), "--key", file("c.pem"));

        done("root", "verify", file("root-1"), file("root-2"), file("root-3"));
        refused("root-version-step", "root", "verify", file("root-1"), file("root-3"));
        refused("exists already", "root", "rotate", "--from", file("root-1"), "--out", file("root-2"));
        refused("--days must be", "root", "rotate", "--from", file("root-1"), "--out", file("x"), "--days", "0");
    }

    @Test
    void a_release_and_floors_are_signed_and_verified_offline() throws IOException {
        ceremony();
        keys("stranger");
        Release release = Release.newBuilder()
                .setReleaseId(new ReleaseId(new UUID(7, 7)).toBytes())
                .setModel("voice")
                .setVersion("1.0.0")
                .addVariants(Variant.newBuilder()
                        .setName("cpu")
                        .setTarget(Target.newBuilder()
                                .setSha256(Digest.of(new byte[] {1}).toBytes())
                                .setSize(1)))
                .build();
        Files.write(folder.resolve("manifest"), release.toByteArray());
        done("release", "sign", file("manifest"), "--key", file("release.pem"), "--out", file("release.dsse"));
        done("release", "sign", file("manifest"), "--key", file("stranger.pem"), "--out", file("stranger.dsse"));
        done(
                "floors",
                "set",
                "--model",
                "voice",
                "--min-security-version",
                "2",
                "--doc-version",
                "1",
                "--out",
                file("floors"));
        refused("threshold-not-met", "verify", file("floors"), "--model", "voice", "--root", file("root-1"));
        done("floors", "sign", file("floors"), "--key", file("release.pem"));

        done("verify", file("release.dsse"), "--model", "voice", "--root", file("root-1"));
        done("verify", file("floors"), "--model", "voice", "--root", file("root-1"));
        refused("threshold-not-met", "verify", file("stranger.dsse"), "--model", "voice", "--root", file("root-1"));
        refused("wrong-model", "verify", file("release.dsse"), "--model", "other", "--root", file("root-1"));
        refused("no manifest", "release", "sign", file("root-1"), "--key", file("release.pem"), "--out", file("x"));
    }

    @Test
    void a_bundle_holds_for_the_folder_that_was_signed_and_no_other() throws IOException {
        Path whole = folder.resolve("model");
        Path model = Files.createDirectories(whole.resolve("weights"));
        Files.write(model.resolve("a.bin"), new byte[] {1, 2, 3});
        Files.write(whole.resolve("config.json"), new byte[] {4});
        Files.write(whole.resolve(".gitattributes"), new byte[] {5});
        done("key", "generate", file("p.pem"), "--algorithm", "ecdsa_p256");
        done("key", "generate", file("q.pem"), "--algorithm", "ecdsa_p256");
        keys("ed");

        done("bundle", "export", file("model"), "--key", file("p.pem"), "--out", file("model.sig"));
        done("bundle", "verify", file("model.sig"), file("model"), "--key", file("p.pem.pub"));
        refused("another key", "bundle", "verify", file("model.sig"), file("model"), "--key", file("q.pem.pub"));
        refused(
                "needs an ECDSA P-256 key",
                "bundle",
                "export",
                file("model"),
                "--key",
                file("ed.pem"),
                "--out",
                file("x.sig"));

        Files.write(model.resolve("b.bin"), new byte[] {6});
        refused(
                "weights/b.bin is in the model and was not signed",
                "bundle",
                "verify",
                file("model.sig"),
                file("model"),
                "--key",
                file("p.pem.pub"));
        Files.delete(model.resolve("b.bin"));
        Files.write(model.resolve("a.bin"), new byte[] {1, 2, 4});
        refused(
                "weights/a.bin is not the file that was signed",
                "bundle",
                "verify",
                file("model.sig"),
                file("model"),
                "--key",
                file("p.pem.pub"));
        Files.writeString(folder.resolve("model.sig"), "{\"mediaType\": ");
        refused("is not JSON", "bundle", "verify", file("model.sig"), file("model"), "--key", file("p.pem.pub"));
    }

    @Test
    void a_model_is_taken_over_only_as_its_publisher_signed_it() throws IOException {
        Path model = Files.write(folder.resolve("model.onnx"), new byte[] {1, 2, 3});
        done("key", "generate", file("p.pem"), "--algorithm", "ecdsa_p256");
        done("key", "generate", file("q.pem"), "--algorithm", "ecdsa_p256");
        done("bundle", "export", file("model.onnx"), "--key", file("p.pem"), "--out", file("model.sig"));

        assertThat(imported("--signature", file("model.sig"), "--publisher", file("q.pem.pub")))
                .contains("another key");
        assertThat(imported("--signature", file("no.sig"), "--publisher", file("p.pem.pub")))
                .contains("there is no file");
        assertThat(imported("--signature", file("model.sig"))).contains("--publisher");
        Files.write(model, new byte[] {1, 2, 4});
        assertThat(imported("--signature", file("model.sig"), "--publisher", file("p.pem.pub")))
                .contains("model.onnx is not the file that was signed");
    }

    /** What an import says that must not come as far as asking a server. */
    private String imported(String... more) {
        List<String> all = new ArrayList<>(
                List.of("import", file("model.onnx"), "--model", "voice", "--url", "http://127.0.0.1:1"));
        all.addAll(List.of(more));
        CliRun run = CliRun.of(all.toArray(String[]::new));
        assertThat(run.exitCode()).isNotZero();
        return run.err();
    }

    @Test
    void bytes_that_are_no_document_are_refused_with_the_file_s_name() throws IOException {
        Files.write(
                folder.resolve("garbage"), ByteString.copyFromUtf8("garbage").toByteArray());
        Files.write(folder.resolve("endless"), new byte[70_000]);
        refused("garbage", "root", "verify", file("garbage"));
        refused("at most 65536 bytes", "root", "verify", file("endless"));
        refused("there is no file", "root", "show", file("missing"));
    }
}
