package io.tinyfleet.registry;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes GGUF files for tests, sound ones and broken ones: gguf.md of ggml, little-endian. */
public final class GgufBytes {
    public static final int F32 = 0;
    public static final int Q4_0 = 2;
    public static final int Q8_0 = 8;

    private static final int U32 = 4;
    private static final int TEXT = 8;
    private static final int ARRAY = 9;

    private record Entry(String name, long[] shape, int type, byte[] values) {}

    private int version = 3;
    private int alignment = 32;
    private long keys;
    private final ByteArrayOutputStream metadata = new ByteArrayOutputStream();
    private final List<Entry> tensors = new ArrayList<>();

    /** A llama-like model of two layers with weights of three types. */
    public static GgufBytes tiny() {
        return new GgufBytes()
                .text("general.architecture", "llama")
                .text("general.name", "tiny")
                .number("llama.context_length", 128)
                .number("llama.embedding_length", 64)
                .number("llama.block_count", 2)
                .number("llama.attention.head_count", 4)
                .number("llama.attention.head_count_kv", 2)
                .texts("tokenizer.ggml.tokens", "<s>", "a", "b")
                .tensor("token_embd.weight", F32, new byte[64 * 3 * 4], 64, 3)
                .tensor("blk.0.attn_q.weight", Q8_0, new byte[64 * 64 / 32 * 34], 64, 64)
                .tensor("blk.1.attn_q.weight", Q4_0, new byte[64 * 64 / 32 * 18], 64, 64)
                .tensor("output_norm.weight", F32, new byte[64 * 4], 64);
    }

    public GgufBytes version(int number) {
        version = number;
        return this;
    }

    public GgufBytes alignment(int bytes) {
        alignment = bytes;
        return number("general.alignment", bytes);
    }

    public GgufBytes text(String key, String value) {
        key(key, TEXT);
        writeText(metadata, value);
        return this;
    }

    public GgufBytes number(String key, int value) {
        key(key, U32);
        write(metadata, le(4).putInt(value));
        return this;
    }

    public GgufBytes texts(String key, String... values) {
        key(key, ARRAY);
        write(metadata, le(12).putInt(TEXT).putLong(values.length));
        for (String value : values) {
            writeText(metadata, value);
        }
        return this;
    }

    /** A key with a type and raw bytes of the test's own. */
    public GgufBytes raw(String key, int type, byte[] value) {
        key(key, type);
        metadata.writeBytes(value);
        return this;
    }

    public GgufBytes tensor(String name, int type, byte[] values, long... shape) {
        tensors.add(new Entry(name, shape, type, values));
        return this;
    }

    public byte[] bytes() {
        return bytes(tensors.size(), keys);
    }

    /** With counts that may be lies. */
    public byte[] bytes(long tensorCount, long keyCount) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        write(out, le(20).putInt(version).putLong(tensorCount).putLong(keyCount));
        out.writeBytes(metadata.toByteArray());
        long offset = 0;
        for (Entry tensor : tensors) {
            writeText(out, tensor.name());
            write(out, le(4).putInt(tensor.shape().length));
            for (long dimension : tensor.shape()) {
                write(out, le(8).putLong(dimension));
            }
            write(out, le(12).putInt(tensor.type()).putLong(offset));
            offset += padded(tensor.values().length);
        }
        out.writeBytes(new byte[(int) (padded(out.size()) - out.size())]);
        for (Entry tensor : tensors) {
            out.writeBytes(tensor.values());
            out.writeBytes(new byte[(int) (padded(tensor.values().length) - tensor.values().length)]);
        }
        return out.toByteArray();
    }

    private void key(String key, int type) {
        keys++;
        writeText(metadata, key);
        write(metadata, le(4).putInt(type));
    }

    private long padded(long size) {
        return (size + alignment - 1) / alignment * alignment;
    }

    public static ByteBuffer le(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void writeText(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        write(out, le(8).putLong(bytes.length));
        out.writeBytes(bytes);
    }

    private static void write(ByteArrayOutputStream out, ByteBuffer buffer) {
        out.writeBytes(buffer.array());
    }
}
