package io.tinyfleet.protocol.trust;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Spoilt;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.Floors;
import io.tinyfleet.protocol.v1.Heads;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.protocol.v1.Root;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Whatever bytes come in the place of a signed document: refused with a {@link TrustException}, or a document that is
 * signed. Nothing else may be thrown. The golden documents are the seeds; the second half of the properties signs the
 * spoilt payload rightly, so that the parsers behind the signature get their share.
 */
class TrustFuzzTest {
    private static final int TRIES = 600;
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final DeviceId DEVICE = new DeviceId("dev-7");
    private static final List<String> SEEDS = List.of(
            "signed/root",
            "signed/release",
            "signed/desired",
            "signed-heads/root-1",
            "signed-heads/root-2",
            "signed-heads/release",
            "signed-heads/floors",
            "signed-heads/heads");

    private final TrustedRoot first = pinned("signed-heads/root-1");
    private final TrustedRoot second = next(first, golden("signed-heads/root-2"));
    private final TrustFixture fleet = fixture();

    private interface Attempt {
        void run() throws TrustException;
    }

    private static void refusedOrTaken(Attempt attempt) {
        try {
            attempt.run();
        } catch (TrustException e) {
            if (e.getMessage() == null || e.getMessage().isBlank()) {
                throw new AssertionError("a refusal says why", e);
            }
        }
    }

    private void everyPlace(byte[] bytes) {
        Digest digest = Digest.of(bytes);
        refusedOrTaken(() -> TrustedRoot.pin(bytes));
        refusedOrTaken(() -> first.next(bytes));
        refusedOrTaken(() -> DesiredDocuments.verify(second, DEVICE, 0, Optional.empty(), NOW, bytes));
        refusedOrTaken(() -> HeadsDocuments.verify(second, digest, Optional.empty(), NOW, bytes));
        refusedOrTaken(() -> FloorsDocuments.verify(second, "silero-vad", digest, Optional.empty(), NOW, bytes));
        refusedOrTaken(() -> Releases.verify(second, "silero-vad", digest, bytes));
    }

    @Property(tries = TRIES, seed = "20260301")
    void random_bytes_are_refused_in_every_place(@ForAll byte[] bytes) {
        everyPlace(bytes);
    }

    @Property(tries = TRIES, seed = "20260302")
    void spoilt_golden_documents_are_refused_or_still_signed(@ForAll("spoilt") byte[] bytes) {
        everyPlace(bytes);
    }

    @Property(tries = TRIES, seed = "20260303")
    void rightly_signed_garbage_is_refused_by_its_parser(@ForAll("payloads") byte[] payload) {
        refusedOrTaken(() -> TrustedRoot.pin(
                Dsse.sign(PayloadType.ROOT, payload, List.of(fleet.rootKey)).toByteArray()));
        refusedOrTaken(() -> fleet.root.next(
                Dsse.sign(PayloadType.ROOT, payload, List.of(fleet.rootKey)).toByteArray()));
        byte[] desired = Dsse.sign(PayloadType.DESIRED, payload, List.of(fleet.directorKey))
                .toByteArray();
        refusedOrTaken(() -> DesiredDocuments.verify(fleet.root, DEVICE, 0, Optional.empty(), NOW, desired));
        byte[] heads =
                Dsse.sign(PayloadType.HEADS, payload, List.of(fleet.headsKey)).toByteArray();
        refusedOrTaken(() -> HeadsDocuments.verify(fleet.root, Digest.of(heads), Optional.empty(), NOW, heads));
        byte[] floors = Dsse.sign(PayloadType.FLOORS, payload, List.of(fleet.releaseKey))
                .toByteArray();
        refusedOrTaken(() -> FloorsDocuments.verify(fleet.root, "silero-vad", Optional.empty(), NOW, floors));
        byte[] release = Dsse.sign(PayloadType.RELEASE, payload, List.of(fleet.releaseKey))
                .toByteArray();
        refusedOrTaken(() -> Releases.verify(fleet.root, "silero-vad", release));
    }

    @Property(tries = TRIES, seed = "20260304")
    void spoilt_keys_are_refused(@ForAll("keys") byte[] spki) {
        refusedOrTaken(() -> VerifyingKey.parse(spki));
    }

    // ---- what is thrown at them

    @Provide
    Arbitrary<byte[]> spoilt() {
        return Arbitraries.of(SEEDS).map(TrustFuzzTest::golden).flatMap(Spoilt::of);
    }

    /** Payloads of the fixture's own documents, so that digests of the root and names are right until a byte is not. */
    @Provide
    Arbitrary<byte[]> payloads() {
        Release release = TrustFixture.release().build();
        Desired desired = fleet.desired(1).build();
        Root root = fleet.rootOf(2).build();
        Heads heads = Heads.newBuilder()
                .setVersion(1)
                .setExpiresAtMillis(1L << 60)
                .setRootVersion(1)
                .setRootSha256(fleet.root.digest().toBytes())
                .build();
        Floors floors = Floors.newBuilder()
                .setModel("silero-vad")
                .setVersion(1)
                .setExpiresAtMillis(1L << 60)
                .build();
        return Arbitraries.of(
                        release.toByteArray(),
                        desired.toByteArray(),
                        root.toByteArray(),
                        heads.toByteArray(),
                        floors.toByteArray())
                .flatMap(Spoilt::of);
    }

    @Provide
    Arbitrary<byte[]> keys() {
        return Arbitraries.of(
                        SigningKey.generate().spki(),
                        SigningKey.generate(io.tinyfleet.protocol.v1.KeyAlgorithm.ECDSA_P256)
                                .spki())
                .flatMap(Spoilt::of);
    }

    private static byte[] golden(String name) {
        try (InputStream file = TrustFuzzTest.class.getResourceAsStream("/golden/v1/" + name + ".hex")) {
            if (file == null) {
                throw new IllegalStateException("there is no golden file " + name);
            }
            return HexFormat.of()
                    .parseHex(new String(file.readAllBytes(), StandardCharsets.US_ASCII).replaceAll("\\s", ""));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TrustedRoot pinned(String name) {
        try {
            return TrustedRoot.pin(golden(name));
        } catch (TrustException e) {
            throw new IllegalStateException(e);
        }
    }

    private static TrustedRoot next(TrustedRoot root, byte[] envelope) {
        try {
            return root.next(envelope);
        } catch (TrustException e) {
            throw new IllegalStateException(e);
        }
    }

    private static TrustFixture fixture() {
        try {
            return new TrustFixture();
        } catch (TrustException e) {
            throw new IllegalStateException(e);
        }
    }
}
