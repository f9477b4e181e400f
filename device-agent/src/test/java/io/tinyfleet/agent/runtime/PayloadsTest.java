package io.tinyfleet.agent.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.protocol.v1.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PayloadsTest {

    @Test
    void tensors_come_back_as_they_went() throws Exception {
        Tensor scalar = Tensor.zeros("sr", ElementType.INT64);
        scalar.setLong(0, 16_000);
        ByteBuffer bytes = written(List.of(Models.floats("x", 1, 2, 3), scalar));
        List<Tensor> read = Payloads.copyTensors(bytes);
        assertThat(read).extracting(Tensor::toString).containsExactly("'x' FLOAT32[1, 3]", "'sr' INT64[]");
        assertThat(read.get(0).floatAt(2)).isEqualTo(3f);
        assertThat(read.get(1).data().getLong()).isEqualTo(16_000);
    }

    @Test
    void a_payload_that_ends_too_early_is_refused_at_every_byte() {
        ByteBuffer whole = written(List.of(Models.floats("x", 1, 2, 3)));
        for (int length = 0; length < whole.limit(); length++) {
            ByteBuffer cut = whole.slice(0, length).order(ByteOrder.LITTLE_ENDIAN);
            assertThatThrownBy(() -> Payloads.getTensors(cut)).isInstanceOf(FrameException.class);
        }
    }

    @Test
    void garbage_is_refused_or_read_but_never_anything_else() {
        Random random = new Random(1);
        for (int round = 0; round < 20_000; round++) {
            ByteBuffer garbage = written(List.of(Models.floats("x", 1, 2, 3), Models.floats("y", 4)));
            for (int i = 0; i < 3; i++) {
                garbage.put(random.nextInt(garbage.limit()), (byte) random.nextInt());
            }
            try {
                assertThat(Payloads.getTensors(garbage)).hasSizeLessThanOrEqualTo(Payloads.MAX_TENSORS);
            } catch (FrameException e) {
                assertThat(e).hasMessageNotContaining("null");
            }
        }
    }

    @Test
    void impossible_tensors_are_refused() {
        ByteBuffer four = ByteBuffer.allocate(4);
        assertRefused("tensor 'x' FLOAT32[2] takes 8 bytes, got 4", ElementType.FLOAT32, four, 2);
        assertRefused("a dimension must be at least 0", ElementType.FLOAT32, four, -1);
        assertRefused("over 2147483647 bytes", ElementType.FLOAT32, four, 1L << 40, 1L << 40);
        assertRefused("over 2147483647 bytes", ElementType.INT8, four, Long.MAX_VALUE, 2);
        assertRefused("elements of type STRING are not supported", ElementType.STRING, four, 1);
        assertRefused("at most 16 dimensions", ElementType.FLOAT32, four, new long[17]);
    }

    @Test
    void a_long_text_is_cut_and_not_refused() throws Exception {
        ByteBuffer out = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
        String text = "ä".repeat(30_000);
        Payloads.putText(out, text);
        assertThat(out.position()).isLessThanOrEqualTo(Payloads.textBytes(text));
        assertThat(Payloads.getText(out.flip())).hasSize(2048);
    }

    private static ByteBuffer written(List<Tensor> tensors) {
        ByteBuffer out =
                ByteBuffer.allocate((int) Payloads.tensorsBytes(tensors)).order(ByteOrder.LITTLE_ENDIAN);
        Payloads.putTensors(out, tensors);
        return out.flip();
    }

    private static void assertRefused(String part, ElementType type, ByteBuffer data, long... shape) {
        assertThatThrownBy(() -> new Tensor("x", type, shape, data))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(part);
    }
}
