package io.tinyfleet.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.v1.Chunk;
import io.tinyfleet.protocol.v1.Need;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class MessagesTest {
    @Test
    void a_message_over_its_limit_is_refused_before_it_is_parsed() {
        byte[] endless = new byte[Limits.MAX_MESSAGE_BYTES + 1];
        UnreadableMessageException refusal = refusal(endless);
        assertThat(refusal.code()).isEqualTo("too-large");
        assertThat(refusal).hasMessageContaining("65536").hasMessageContaining("65537");
    }

    @Test
    void bytes_that_are_not_the_message_are_refused() {
        UnreadableMessageException refusal = refusal("hello, fleet".getBytes(StandardCharsets.UTF_8));
        assertThat(refusal.reason()).isEqualTo(UnreadableMessageException.Reason.NOT_PROTOBUF);
        assertThat(refusal.code()).isEqualTo("not-protobuf");
    }

    @Test
    void a_message_cut_at_any_byte_is_refused_or_shorter_but_never_a_crash() throws Exception {
        byte[] whole = Need.newBuilder()
                .setBlobSha256(Digest.of(new byte[0]).toBytes())
                .setWindow(8)
                .build()
                .toByteArray();
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(whole, length);
            try {
                assertThat(Messages.read(Need.parser(), cut).getSerializedSize())
                        .isLessThan(whole.length);
            } catch (UnreadableMessageException e) {
                assertThat(e.code()).isEqualTo("not-protobuf");
            }
        }
    }

    @Test
    void a_field_from_the_future_is_ignored() throws Exception {
        byte[] future = {(byte) 0xF8, 0x07, 0x01, 0x18, 0x05}; // field 127 = 1, then window = 5
        assertThat(Messages.read(Need.parser(), future).getWindow()).isEqualTo(5);
    }

    @Test
    void a_full_chunk_fits_into_a_message() {
        int size = Chunk.newBuilder()
                .setBlobSha256(Digest.of(new byte[0]).toBytes())
                .setIndex(Integer.MAX_VALUE)
                .setData(ByteString.copyFrom(new byte[Limits.CHUNK_BYTES]))
                .setBlobSize(Limits.MAX_BLOB_BYTES)
                .build()
                .getSerializedSize();
        assertThat(size).isLessThanOrEqualTo(Limits.MAX_MESSAGE_BYTES);
    }

    private static UnreadableMessageException refusal(byte[] bytes) {
        return catchThrowableOfType(UnreadableMessageException.class, () -> Messages.read(Need.parser(), bytes));
    }
}
