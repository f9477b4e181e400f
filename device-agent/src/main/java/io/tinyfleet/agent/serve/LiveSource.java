package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.Tensor;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Input that somebody brings: a process or a topic. Makes sound, pictures or rows of the frames in its queue. */
public final class LiveSource {

    private LiveSource() {}

    /** Whoever brings the frames. Opened with the queue to fill; closing ends it. */
    @FunctionalInterface
    public interface Bringer {
        Closeable open(FrameQueue queue) throws IOException;
    }

    /** @param patience how long nothing may come before it is said */
    public static Source open(String name, FrameFormat format, Duration patience, Bringer bringer) throws IOException {
        FrameQueue queue = new FrameQueue(format.places(), patience);
        Frames frames = new Frames(name, queue, bringer.open(queue));
        return switch (format.kind()) {
            case PCM16 -> new Sound(frames, format.rateHz());
            case RGB24, GREY8, IMAGE -> new Pictures(frames, format);
            case CSV -> new Lines(frames);
        };
    }

    /** What the three have in common. */
    private abstract static class Live {
        final FrameQueue queue;
        private final String name;
        private final Closeable bringer;

        Live(Frames frames) {
            this.queue = frames.queue();
            this.name = frames.name();
            this.bringer = frames.bringer();
        }

        public final String name() {
            return name;
        }

        public final boolean live() {
            return true;
        }

        public final long dropped() {
            return queue.dropped();
        }

        public final void close() throws IOException {
            queue.close();
            bringer.close();
        }
    }

    private record Frames(String name, FrameQueue queue, Closeable bringer) {}

    private static final class Sound extends Live implements AudioSource {
        private static final float FULL_SCALE = 32768f;

        private final int rateHz;
        private ByteBuffer rest = ByteBuffer.allocate(0);

        Sound(Frames frames, int rateHz) {
            super(frames);
            this.rateHz = rateHz;
        }

        @Override
        public void read(Tensor target, int offset, int samples) throws IOException {
            for (int i = 0; i < samples; i++) {
                while (rest.remaining() < Short.BYTES) {
                    rest = ByteBuffer.wrap(queue.take()).order(ByteOrder.LITTLE_ENDIAN);
                }
                target.setFloat(offset + i, rest.getShort() / FULL_SCALE);
            }
        }

        @Override
        public int sampleRateHz() {
            return rateHz;
        }
    }

    private static final class Pictures extends Live implements ImageSource {
        private final FrameFormat format;

        Pictures(Frames frames, FrameFormat format) {
            super(frames);
            this.format = format;
        }

        @Override
        public Image next() throws IOException {
            byte[] frame = queue.take();
            try {
                if (format.kind() == FrameFormat.Kind.IMAGE) {
                    return ImageFile.decode("a message", frame);
                }
                int channels = format.kind() == FrameFormat.Kind.GREY8 ? 1 : 3;
                return new Image(format.width(), format.height(), channels, frame);
            } catch (SourceException | IllegalArgumentException e) {
                // One bad frame of a stream is no reason to give the stream up.
                throw new SourceStalledException("a frame cannot be used: " + e.getMessage());
            }
        }
    }

    private static final class Lines extends Live implements RowSource {
        Lines(Frames frames) {
            super(frames);
        }

        @Override
        public float[] next() throws IOException {
            String line = new String(queue.take(), StandardCharsets.UTF_8);
            try {
                return Rows.parse("a line", line);
            } catch (SourceException e) {
                throw new SourceStalledException("a line cannot be used: " + e.getMessage());
            }
        }
    }
}
