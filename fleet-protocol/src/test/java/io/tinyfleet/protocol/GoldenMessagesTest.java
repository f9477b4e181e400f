package io.tinyfleet.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.GeneratedMessageLite;
import com.google.protobuf.MessageLite;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.tinyfleet.protocol.trust.DesiredDocuments;
import io.tinyfleet.protocol.trust.FloorsDocuments;
import io.tinyfleet.protocol.trust.HeadsDocuments;
import io.tinyfleet.protocol.trust.Releases;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.Floors;
import io.tinyfleet.protocol.v1.Heads;
import io.tinyfleet.protocol.v1.ModelHeads;
import io.tinyfleet.protocol.v1.Release;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * What is on the wire in version 1 stays readable, byte for byte. The files are never changed; a new field means a new
 * file. Written by {@link GoldenWriter}.
 */
class GoldenMessagesTest {
    @Test
    void every_message_of_the_protocol_has_a_golden_file() {
        Set<String> messages = new TreeSet<>();
        for (JavaClass javaClass : new ClassFileImporter().importPackages("io.tinyfleet.protocol.v1")) {
            if (javaClass.isAssignableTo(GeneratedMessageLite.class)) {
                messages.add(javaClass.getSimpleName());
            }
        }
        Set<String> golden = new TreeSet<>();
        GoldenMessages.all().keySet().forEach(name -> golden.add(name.replaceFirst("-.*", "")));
        assertThat(messages).hasSizeGreaterThan(40).isEqualTo(golden);
    }

    @Test
    void every_golden_file_is_read_and_written_byte_for_byte() throws Exception {
        for (Map.Entry<String, MessageLite> entry : GoldenMessages.all().entrySet()) {
            byte[] golden = golden(entry.getKey() + ".hex");
            MessageLite read = Messages.read(entry.getValue().getParserForType(), golden);
            assertThat(read).as(entry.getKey()).isEqualTo(entry.getValue());
            assertThat(read.toByteArray()).as(entry.getKey()).isEqualTo(golden);
        }
    }

    @Test
    void signed_documents_made_once_are_verified_for_ever() throws Exception {
        TrustedRoot root = TrustedRoot.pin(golden("signed/root.hex"));
        byte[] releaseEnvelope = golden("signed/release.hex");
        Desired desired = DesiredDocuments.verify(
                root,
                new DeviceId("dev-7"),
                4,
                Optional.empty(),
                Instant.parse("2026-03-01T12:00:00Z"),
                golden("signed/desired.hex"));
        assertThat(desired.getSeq()).isEqualTo(5);
        Digest wanted = Digest.fromBytes(desired.getSlots(0).getRelease().getSha256());
        Release release = Releases.verify(root, wanted, releaseEnvelope);
        assertThat(release.getModel()).isEqualTo("silero-vad");
    }

    @Test
    void a_root_step_a_delegated_release_its_floors_and_the_heads_are_verified_for_ever() throws Exception {
        Instant now = Instant.parse("2026-03-01T12:00:00Z");
        TrustedRoot root = TrustedRoot.pin(golden("signed-heads/root-1.hex")).next(golden("signed-heads/root-2.hex"));
        byte[] envelope = golden("signed-heads/heads.hex");
        Heads heads = HeadsDocuments.verify(root, Digest.of(envelope), Optional.empty(), now, envelope);
        Digest wanted = Digest.of(golden("signed-heads/release.hex"));
        ModelHeads model = HeadsDocuments.modelOf(heads, wanted);

        Release release = Releases.verify(root, model.getModel(), wanted, golden("signed-heads/release.hex"));
        Floors floors = FloorsDocuments.verify(
                root,
                model.getModel(),
                Digest.fromBytes(model.getFloorsSha256()),
                Optional.empty(),
                now,
                golden("signed-heads/floors.hex"));

        assertThat(heads.getVersion()).isEqualTo(17);
        assertThat(release.getModel()).isEqualTo("silero-vad");
        assertThat(floors.getMinSecurityVersion()).isEqualTo(2);
    }

    private static byte[] golden(String name) throws IOException {
        try (InputStream file = GoldenMessagesTest.class.getResourceAsStream("/golden/v1/" + name)) {
            assertThat(file).as("golden file %s", name).isNotNull();
            return HexFormat.of()
                    .parseHex(new String(file.readAllBytes(), StandardCharsets.US_ASCII).replaceAll("\\s", ""));
        }
    }
}
