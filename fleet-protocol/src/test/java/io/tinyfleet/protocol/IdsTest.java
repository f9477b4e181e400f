package io.tinyfleet.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.ByteString;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class IdsTest {
    private static final InstantSource NOON = InstantSource.fixed(Instant.parse("2026-03-01T12:00:00Z"));

    @Test
    void a_device_id_is_one_topic_level_and_one_path_segment() {
        for (String hostile : List.of("", "a/b", "..", "a+b", "#", "a b", "dev\n7", "dév", "x".repeat(65), "a\0")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new DeviceId(hostile))
                    .withMessageContaining("[A-Za-z0-9_-]{1,64}");
        }
        assertThat(new DeviceId("Dev_7-" + "x".repeat(58))).hasToString("Dev_7-" + "x".repeat(58));
    }

    @Test
    void a_slot_name_is_lower_case_and_short() {
        for (String hostile : List.of("", "VAD", "a/b", "..", "a_b", "x".repeat(33))) {
            assertThatIllegalArgumentException().isThrownBy(() -> new SlotName(hostile));
        }
        assertThat(new SlotName("vad-2").value()).isEqualTo("vad-2");
    }

    @Test
    void a_refusal_quotes_hostile_text_short_and_on_one_line() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new DeviceId("a\r\n" + "b".repeat(5000)))
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(200).doesNotContain("\n", "\r"));
    }

    @Test
    void an_id_survives_the_wire_and_the_text() {
        ReleaseId release = new ReleaseId(UuidV7.next(NOON));
        assertThat(ReleaseId.fromBytes(release.toBytes())).isEqualTo(release);
        assertThat(ReleaseId.parse(release.toString())).isEqualTo(release);
        AttemptId attempt = AttemptId.parse("018e0000-0001-7abc-8def-0123456789ab");
        assertThat(AttemptId.fromBytes(attempt.toBytes())).isEqualTo(attempt);
        assertThat(attempt.toBytes()).isEqualTo(ByteString.fromHex("018e000000017abc8def0123456789ab"));
    }

    @Test
    void an_id_of_another_length_or_spelling_is_refused() {
        for (int length : new int[] {0, 15, 17}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> AttemptId.fromBytes(ByteString.copyFrom(new byte[length])))
                    .withMessageContaining("16 bytes");
        }
        for (String spelling : List.of("", "1-1-1-1-1", "018e000000017abc8def0123456789ab", "not an id")) {
            assertThatIllegalArgumentException().isThrownBy(() -> ReleaseId.parse(spelling));
        }
    }

    @Test
    void uuids_of_version_7_hold_the_clock_and_sort_by_it() {
        UUID noon = UuidV7.next(NOON, new Random(1));
        UUID later = UuidV7.next(InstantSource.fixed(NOON.instant().plusMillis(1)), new Random(1));
        assertThat(noon.version()).isEqualTo(7);
        assertThat(noon.variant()).isEqualTo(2);
        assertThat(noon.getMostSignificantBits() >>> 16).isEqualTo(NOON.millis());
        assertThat(noon.toString()).isLessThan(later.toString());
        assertThat(UuidV7.next(NOON)).isNotEqualTo(UuidV7.next(NOON));
    }
}
