package io.tinyfleet.protocol.trust;

import static io.tinyfleet.protocol.trust.TrustFixture.DEVICE;
import static io.tinyfleet.protocol.trust.TrustFixture.NOW;
import static io.tinyfleet.protocol.trust.TrustedRootTest.assertReason;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.trust.TrustException.Reason;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.DsseEnvelope;
import io.tinyfleet.protocol.v1.Encoding;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DesiredDocumentsTest {
    private final TrustFixture fleet;

    DesiredDocumentsTest() throws TrustException {
        fleet = new TrustFixture();
    }

    @Test
    void a_newer_document_for_this_device_is_taken() throws Exception {
        Desired desired = verify(4, fleet.signed(fleet.desired(5)));
        assertThat(desired.getSeq()).isEqualTo(5);
        assertThat(desired.getSlots(0).getSlot()).isEqualTo("vad");
    }

    @Test
    void the_very_same_document_again_is_taken_and_asks_for_nothing() throws Exception {
        byte[] envelope = fleet.signed(fleet.desired(5));
        Desired again = DesiredDocuments.verify(fleet.root, DEVICE, 5, Optional.of(Digest.of(envelope)), NOW, envelope);
        assertThat(again.getSeq()).isEqualTo(5);
    }

    @Test
    void an_old_document_replayed_is_refused() {
        byte[] old = fleet.signed(fleet.desired(4));
        assertReason(Reason.OLD_SEQ, () -> verify(5, old));
    }

    @Test
    void an_equal_seq_with_other_bytes_is_refused() {
        byte[] stored = fleet.signed(fleet.desired(5));
        byte[] other = fleet.signed(fleet.desired(5).clearSlots());
        assertReason(
                Reason.SAME_SEQ_OTHER_CONTENT,
                () -> DesiredDocuments.verify(fleet.root, DEVICE, 5, Optional.of(Digest.of(stored)), NOW, other));
        assertReason(Reason.SAME_SEQ_OTHER_CONTENT, () -> verify(5, stored));
    }

    @Test
    void another_devices_document_on_my_topic_is_refused() {
        byte[] envelope = fleet.signed(fleet.desired(5).setDeviceId("dev-8"));
        assertReason(Reason.WRONG_DEVICE, () -> verify(4, envelope));
        byte[] mine = fleet.signed(fleet.desired(5));
        assertReason(
                Reason.WRONG_DEVICE,
                () -> DesiredDocuments.verify(fleet.root, new DeviceId("dev-8"), 0, Optional.empty(), NOW, mine));
    }

    @Test
    void an_expired_document_is_refused_from_its_last_instant_on() throws Exception {
        byte[] envelope = fleet.signed(fleet.desired(5));
        Instant end = NOW.plus(Duration.ofDays(7));
        assertThat(DesiredDocuments.verify(fleet.root, DEVICE, 4, Optional.empty(), end.minusMillis(1), envelope))
                .isNotNull();
        assertReason(
                Reason.EXPIRED, () -> DesiredDocuments.verify(fleet.root, DEVICE, 4, Optional.empty(), end, envelope));
    }

    @Test
    void a_clock_at_1970_takes_documents_and_one_at_2099_takes_none() throws Exception {
        byte[] envelope = fleet.signed(fleet.desired(5));
        assertThat(DesiredDocuments.verify(fleet.root, DEVICE, 4, Optional.empty(), Instant.EPOCH, envelope))
                .isNotNull();
        Instant farFuture = Instant.parse("2099-01-01T00:00:00Z");
        assertReason(
                Reason.ROOT_EXPIRED,
                () -> DesiredDocuments.verify(fleet.root, DEVICE, 4, Optional.empty(), farFuture, envelope));
    }

    @Test
    void a_stored_document_is_read_again_after_its_end_but_not_under_another_name_or_root() throws Exception {
        byte[] envelope = fleet.signed(fleet.desired(5).setIssuedAtMillis(1).setExpiresAtMillis(2));
        assertThat(DesiredDocuments.readStored(fleet.root, DEVICE, envelope).getSeq())
                .isEqualTo(5);
        assertReason(
                Reason.WRONG_DEVICE, () -> DesiredDocuments.readStored(fleet.root, new DeviceId("dev-8"), envelope));
        assertReason(
                Reason.THRESHOLD_NOT_MET, () -> DesiredDocuments.readStored(new TrustFixture().root, DEVICE, envelope));
    }

    @Test
    void a_document_made_under_another_root_is_refused() {
        byte[] envelope = fleet.signed(fleet.desired(5).setRootSha256(TrustFixture.sha("another root")));
        byte[] withoutRoot = fleet.signed(fleet.desired(5).clearRootSha256());
        assertReason(Reason.WRONG_ROOT, () -> verify(4, envelope));
        assertReason(Reason.WRONG_ROOT, () -> verify(4, withoutRoot));
    }

    @Test
    void a_document_signed_by_the_release_key_or_a_stranger_is_refused() {
        Desired desired = fleet.desired(5).build();
        byte[] byRelease = DesiredDocuments.sign(desired, List.of(fleet.releaseKey));
        byte[] byStranger = DesiredDocuments.sign(desired, List.of(SigningKey.generate()));
        assertReason(Reason.THRESHOLD_NOT_MET, () -> verify(4, byRelease));
        assertReason(Reason.THRESHOLD_NOT_MET, () -> verify(4, byStranger));
    }

    @Test
    void garbage_is_parsed_only_when_the_director_has_signed_it() {
        byte[] garbage = {(byte) 0xff};
        byte[] byDirector = Dsse.sign(PayloadType.DESIRED, garbage, List.of(fleet.directorKey))
                .toByteArray();
        byte[] byStranger = Dsse.sign(PayloadType.DESIRED, garbage, List.of(SigningKey.generate()))
                .toByteArray();
        assertReason(Reason.UNREADABLE, () -> verify(4, byDirector));
        assertReason(Reason.THRESHOLD_NOT_MET, () -> verify(4, byStranger));
    }

    @Test
    void a_document_whose_any_byte_was_changed_on_the_way_is_refused() throws Exception {
        byte[] envelope = fleet.signed(fleet.desired(5));
        for (int i = 0; i < envelope.length; i++) {
            byte[] changed = envelope.clone();
            changed[i] ^= 0x01;
            try {
                verify(4, changed);
            } catch (TrustException e) {
                continue;
            }
            throw new AssertionError("byte " + i + " was changed and the document taken");
        }
    }

    @Test
    void a_cut_document_is_refused() {
        byte[] envelope = fleet.signed(fleet.desired(5));
        for (int length = 0; length < envelope.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(envelope, length);
            org.assertj.core.api.Assertions.assertThatExceptionOfType(TrustException.class)
                    .isThrownBy(() -> verify(4, cut));
        }
    }

    @Test
    void oversize_is_refused() throws Exception {
        byte[] oversize = DsseEnvelope.parseFrom(fleet.signed(fleet.desired(5))).toBuilder()
                .setPayload(ByteString.copyFrom(new byte[Limits.MAX_METADATA_BYTES]))
                .build()
                .toByteArray();
        assertReason(Reason.TOO_LARGE, () -> verify(4, oversize));
    }

    @Test
    void a_rightly_signed_document_with_a_field_outside_its_rule_is_refused() {
        List<Desired.Builder> malformed = new ArrayList<>();
        malformed.add(fleet.desired(5).setExpiresAtMillis(NOW.toEpochMilli()));
        malformed.add(withSlot(TrustFixture.slot().setSlot("../../etc")));
        malformed.add(withSlot(TrustFixture.slot().setSlot("")));
        malformed.add(withSlot(TrustFixture.slot().setAttemptId(ByteString.copyFrom(new byte[15]))));
        malformed.add(withSlot(TrustFixture.slot().clearRelease()));
        malformed.add(withSlot(TrustFixture.slot().setVariantSha256(ByteString.copyFrom(new byte[31]))));
        malformed.add(withSlot(TrustFixture.slot().clearEncodings()));
        malformed.add(withEncoding(encoding().setChunkSize(0)));
        malformed.add(withEncoding(encoding().setChunkSize(Limits.CHUNK_BYTES + 1)));
        malformed.add(withEncoding(encoding().setChunkSize(-1)));
        malformed.add(withEncoding(encoding().clearChunkList()));
        malformed.add(withEncoding(encoding()
                .setBlob(BlobRef.newBuilder()
                        .setSha256(TrustFixture.sha("model"))
                        .setSize(-1))));
        malformed.add(withEncoding(encoding()
                .setChunkList(BlobRef.newBuilder()
                        .setSha256(TrustFixture.sha("chunks"))
                        .setSize(64))));
        malformed.add(fleet.desired(5).addSlots(TrustFixture.slot()));
        malformed.add(fleet.desired(5).clearSlots().addAllSlots(slots(Limits.MAX_SLOTS + 1)));
        for (Desired.Builder desired : malformed) {
            byte[] envelope = fleet.signed(desired);
            assertReason(Reason.MALFORMED, () -> verify(4, envelope));
        }
    }

    @Test
    void the_first_seq_is_one() {
        byte[] envelope = fleet.signed(fleet.desired(0));
        assertReason(Reason.MALFORMED, () -> verify(0, envelope));
    }

    @Test
    void an_empty_slot_needs_neither_release_nor_encoding() throws Exception {
        byte[] envelope = fleet.signed(fleet.desired(5)
                .clearSlots()
                .addSlots(DesiredSlot.newBuilder().setSlot("vad").setEmpty(true)));
        assertThat(verify(4, envelope).getSlots(0).getEmpty()).isTrue();
    }

    @Test
    void a_blob_of_one_chunk_needs_no_chunk_list() throws Exception {
        byte[] envelope = fleet.signed(withEncoding(encoding()
                .clearChunkList()
                .setBlob(BlobRef.newBuilder()
                        .setSha256(TrustFixture.sha("model"))
                        .setSize(49_152))));
        assertThat(verify(4, envelope)).isNotNull();
    }

    private Desired verify(long storedSeq, byte[] envelope) throws TrustException {
        return DesiredDocuments.verify(fleet.root, DEVICE, storedSeq, Optional.empty(), NOW, envelope);
    }

    private Desired.Builder withSlot(DesiredSlot.Builder slot) {
        return fleet.desired(5).clearSlots().addSlots(slot);
    }

    private Desired.Builder withEncoding(Encoding.Builder encoding) {
        return withSlot(TrustFixture.slot().clearEncodings().addEncodings(encoding));
    }

    private static Encoding.Builder encoding() {
        return TrustFixture.slot().getEncodings(0).toBuilder();
    }

    private static List<DesiredSlot> slots(int count) {
        List<DesiredSlot> slots =
                new ArrayList<>(Collections.nCopies(count, TrustFixture.slot().build()));
        slots.replaceAll(
                slot -> slot.toBuilder().setSlot("slot-" + slots.indexOf(slot)).build());
        return slots;
    }
}
