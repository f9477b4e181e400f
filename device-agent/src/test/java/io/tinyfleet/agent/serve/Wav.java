package io.tinyfleet.agent.serve;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes WAV files: sound ones, and ones with a field changed. */
final class Wav {

    private static final int DATA_CHUNK = 36;

    private Wav() {}

    static byte[] pcm16(int rate, short[] samples) {
        ByteBuffer file = ByteBuffer.allocate(44 + 2 * samples.length).order(ByteOrder.LITTLE_ENDIAN);
        file.put(ascii("RIFF")).putInt(36 + 2 * samples.length).put(ascii("WAVE"));
        file.put(ascii("fmt ")).putInt(16).putShort((short) 1).putShort((short) 1);
        file.putInt(rate).putInt(2 * rate).putShort((short) 2).putShort((short) 16);
        file.put(ascii("data")).putInt(2 * samples.length);
        for (short sample : samples) {
            file.putShort(sample);
        }
        return file.array();
    }

    static byte[] withChunkBeforeData(byte[] wav, String tag, byte[] content) {
        ByteBuffer file = ByteBuffer.allocate(wav.length + 8 + content.length + content.length % 2)
                .order(ByteOrder.LITTLE_ENDIAN);
        file.put(wav, 0, DATA_CHUNK).put(ascii(tag)).putInt(content.length).put(content);
        file.position(file.position() + content.length % 2);
        return file.put(wav, DATA_CHUNK, wav.length - DATA_CHUNK).array();
    }

    static byte[] patched(byte[] wav, int offset, int value) {
        byte[] copy = wav.clone();
        ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putShort(offset, (short) value);
        return copy;
    }

    static byte[] patchedInt(byte[] wav, int offset, int value) {
        byte[] copy = wav.clone();
        ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putInt(offset, value);
        return copy;
    }

    private static byte[] ascii(String tag) {
        return tag.getBytes(StandardCharsets.US_ASCII);
    }
}
