package io.tinyfleet.protocol;

import com.google.protobuf.MessageLite;
import io.tinyfleet.protocol.trust.DesiredDocuments;
import io.tinyfleet.protocol.trust.FloorsDocuments;
import io.tinyfleet.protocol.trust.HeadsDocuments;
import io.tinyfleet.protocol.trust.Releases;
import io.tinyfleet.protocol.trust.RoleName;
import io.tinyfleet.protocol.trust.RootBuilder;
import io.tinyfleet.protocol.trust.Roots;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.Floors;
import io.tinyfleet.protocol.v1.Heads;
import io.tinyfleet.protocol.v1.KeyAlgorithm;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.protocol.v1.ReleaseHead;
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
        if (!Files.exists(folder.resolve("signed-heads"))) {
            writeSignedWithHeads(folder.resolve("signed-heads"));
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

    /** Root 1 and 2 (which delegates the model to a P-256 key and has another director), a release, floors and heads. */
    private static void writeSignedWithHeads(Path folder) throws IOException, TrustException {
        SigningKey rootKey = SigningKey.generate();
        SigningKey director = SigningKey.generate();
        SigningKey headsKey = SigningKey.generate();
        SigningKey releaser = SigningKey.generate();
        SigningKey delegated = SigningKey.generate(KeyAlgorithm.ECDSA_P256);
        byte[] first = Roots.selfSigned(
                new Roots.RoleSigners(rootKey, releaser, SigningKey.generate(), headsKey),
                MADE,
                MADE.plus(Duration.ofDays(365)));
        byte[] second = new RootBuilder(2, MADE, MADE.plus(Duration.ofDays(365)))
                .role(RoleName.ROOT, rootKey)
                .role(RoleName.RELEASE, releaser)
                .role(RoleName.DIRECTOR, director)
                .role(RoleName.HEADS, headsKey)
                .delegate("silero-vad", 1, List.of(delegated.toPublicKey()))
                .sign(List.of(rootKey));
        TrustedRoot root = TrustedRoot.pin(first).next(second);
        byte[] release = Releases.sign(
                (Release) Objects.requireNonNull(GoldenMessages.all().get("Release")), List.of(delegated));
        byte[] floors = FloorsDocuments.sign(
                (Floors) Objects.requireNonNull(GoldenMessages.all().get("Floors")), List.of(delegated));
        Heads sample = (Heads) Objects.requireNonNull(GoldenMessages.all().get("Heads"));
        byte[] heads;
        try {
            heads = HeadsDocuments.sign(
                    sample.toBuilder()
                            .setRootSha256(root.digest().toBytes())
                            .setModels(
                                    0,
                                    sample.getModels(0).toBuilder()
                                            .setReleases(
                                                    0,
                                                    ReleaseHead.newBuilder()
                                                            .setSha256(Digest.of(release)
                                                                    .toBytes())
                                                            .setVersion("5.0.0"))
                                            .setFloorsSha256(Digest.of(floors).toBytes()))
                            .build(),
                    List.of(headsKey));
        } catch (HeadsDocuments.TooManyReleasesException e) {
            throw new IllegalStateException(e);
        }
        write(folder.resolve("root-1.hex"), first);
        write(folder.resolve("root-2.hex"), second);
        write(folder.resolve("release.hex"), release);
        write(folder.resolve("floors.hex"), floors);
        write(folder.resolve("heads.hex"), heads);
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
