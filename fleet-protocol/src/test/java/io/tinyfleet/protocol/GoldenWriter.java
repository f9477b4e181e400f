package io.tinyfleet.protocol;

import com.google.protobuf.MessageLite;
import io.tinyfleet.protocol.trust.DesiredDocuments;
import io.tinyfleet.protocol.trust.Releases;
import io.tinyfleet.protocol.trust.Roots;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.Release;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Writes the golden files that do not exist yet into the folder given; those that do are left alone. */
final class GoldenWriter {
    private static final Instant MADE = Instant.parse("2026-03-01T12:00:00Z");
    private static final int LINE_CHARACTERS = 64;

    private GoldenWriter() {}

    public static void main(String[] arguments) throws IOException, TrustException {
        Path folder = Path.of(arguments[0]);
        for (Map.Entry<String, MessageLite> entry : GoldenMessages.all().entrySet()) {
            write(folder.resolve(entry.getKey() + ".hex"), entry.getValue().toByteArray());
        }
        if (!Files.exists(folder.resolve("signed"))) {
            writeSigned(folder.resolve("signed"));
        }
    }

    /** The keys are thrown away: nothing else can ever be signed under this root. */
    private static void writeSigned(Path folder) throws IOException, TrustException {
        SigningKey director = SigningKey.generate();
        SigningKey releaser = SigningKey.generate();
        byte[] root = Roots.selfSigned(
                new Roots.RoleSigners(SigningKey.generate(), releaser, director, SigningKey.generate()),
                MADE,
                MADE.plus(Duration.ofDays(365)));
        Release manifest = (Release) Objects.requireNonNull(GoldenMessages.all().get("Release"));
        byte[] release = Releases.sign(manifest, List.of(releaser));
        Desired sample = (Desired) Objects.requireNonNull(GoldenMessages.all().get("Desired"));
        DesiredSlot slot = sample.getSlots(0).toBuilder()
                .setRelease(BlobRef.newBuilder()
                        .setSha256(Digest.of(release).toBytes())
                        .setSize(release.length))
                .build();
        Desired desired = sample.toBuilder()
                .setSlots(0, slot)
                .setRootSha256(TrustedRoot.pin(root).digest().toBytes())
                .build();
        write(folder.resolve("root.hex"), root);
        write(folder.resolve("release.hex"), release);
        write(folder.resolve("desired.hex"), DesiredDocuments.sign(desired, List.of(director)));
    }

    private static void write(Path file, byte[] bytes) throws IOException {
        if (Files.exists(file)) {
            return;
        }
        Files.createDirectories(file.toAbsolutePath().getParent());
        StringBuilder lines = new StringBuilder();
        String hex = HexFormat.of().formatHex(bytes);
        for (int i = 0; i < hex.length(); i += LINE_CHARACTERS) {
            lines.append(hex, i, Math.min(hex.length(), i + LINE_CHARACTERS)).append('\n');
        }
        Files.writeString(file, lines);
    }
}
