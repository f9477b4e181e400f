package io.tinyfleet.agent.serve;

/**
 * What comes from a process or a topic.
 *
 * @param rateHz of sound
 * @param width of raw pictures
 * @param height of raw pictures
 */
public record FrameFormat(Kind kind, int rateHz, int width, int height) {

    /** How input is written. */
    public enum Kind {
        /** Mono sound, 16 bits, little-endian. */
        PCM16,
        /** Raw pictures: red, green, blue, 8 bits each, row by row. */
        RGB24,
        /** Raw pictures of one channel. */
        GREY8,
        /** PNG, JPEG or PNM, one a message: from a topic only. */
        IMAGE,
        /** Lines of comma-separated numbers. */
        CSV
    }

    private static final int SOUND_CHUNK_BYTES = 4096;

    /** How many bytes of a stream are one frame; 0 for lines. */
    int frameBytes() {
        return switch (kind) {
            case PCM16 -> SOUND_CHUNK_BYTES;
            case RGB24 -> width * height * 3;
            case GREY8 -> width * height;
            case IMAGE, CSV -> 0;
        };
    }

    /** Frames that may wait: about two seconds of sound, a few pictures, some hundred rows. */
    int places() {
        return switch (kind) {
            case PCM16 -> 32;
            case RGB24, GREY8, IMAGE -> 3;
            case CSV -> 256;
        };
    }
}
