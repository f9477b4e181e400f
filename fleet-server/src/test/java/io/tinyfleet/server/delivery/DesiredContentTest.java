package io.tinyfleet.server.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.server.delivery.DesiredContent.SlotPart;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class DesiredContentTest {
    private static final BlobRef HEADS = BlobRef.newBuilder()
            .setSha256(Digest.of(new byte[] {7}).toBytes())
            .setSize(700)
            .build();
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final Duration RESIGN_AFTER = Duration.ofDays(3);
    private static final Digest ROOT = Digest.of(new byte[] {1});
    private static final DeviceId DEVICE = new DeviceId("pi-1");

    private final DesiredContent content = emptySlot(1, ROOT);

    @Test
    void a_first_document_is_signed_above_what_the_device_has() {
        assertThat(needsSigning(Optional.empty(), 0)).isTrue();
        assertThat(content.numbered(0, 0, HEADS, NOW, Duration.ofDays(7)).getSeq())
                .isEqualTo(1);
        assertThat(content.numbered(3, 9, HEADS, NOW, Duration.ofDays(7)).getSeq())
                .isEqualTo(10);
        assertThat(content.numbered(9, 3, HEADS, NOW, Duration.ofDays(7)).getSeq())
                .isEqualTo(10);
    }

    @Test
    void the_same_content_is_not_signed_again() {
        assertThat(needsSigning(signed(content, NOW.minus(RESIGN_AFTER)), 4)).isFalse();
    }

    @Test
    void an_old_document_is_signed_anew() {
        assertThat(needsSigning(signed(content, NOW.minus(RESIGN_AFTER).minusMillis(1)), 4))
                .isTrue();
    }

    @Test
    void a_device_that_is_ahead_gets_a_document_above_its_own() {
        assertThat(needsSigning(signed(content, NOW), 5)).isTrue();
    }

    @Test
    void other_content_another_attempt_and_another_root_are_signed() {
        assertThat(needsSigning(signed(emptySlot(2, ROOT), NOW), 0)).isTrue();
        assertThat(needsSigning(signed(emptySlot(1, Digest.of(new byte[] {2})), NOW), 0))
                .isTrue();
    }

    @Test
    void number_and_times_are_no_content() {
        Desired numbered = content.numbered(6, 0, HEADS, NOW, Duration.ofDays(7));
        assertThat(numbered.getExpiresAtMillis() - numbered.getIssuedAtMillis())
                .isEqualTo(Duration.ofDays(7).toMillis());
        assertThat(new DesiredContent(content.unnumbered()).digest()).isEqualTo(content.digest());
        assertThat(content.unnumbered().getSeq()).isZero();
    }

    private boolean needsSigning(Optional<SignedDocument> newest, long reported) {
        return content.needsSigning(newest, reported, NOW, RESIGN_AFTER);
    }

    private static Optional<SignedDocument> signed(DesiredContent content, Instant issuedAt) {
        return Optional.of(new SignedDocument(4, content.digest(), new byte[] {1}, issuedAt));
    }

    private static DesiredContent emptySlot(long attempt, Digest root) {
        StoredSlot slot = new StoredSlot(new SlotName("vad"), new AttemptId(new UUID(7, attempt)), Optional.empty());
        return DesiredContent.of(DEVICE, root, List.of(), List.of(new SlotPart(slot, Optional.empty())));
    }
}
