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

    private record Frames(String name, FrameQueue queue, Closeable bringer) {

        void close() throws IOException {
            queue.close();
            bringer.close();
        }
    }

    private static final class Sound implements AudioSource {

        private static final float FULL_SCALE = 32768f;

        private final Frames frames;
        private final int rateHz;
        private ByteBuffer rest = ByteBuffer.allocate(0);

        Sound(Frames frames, int rateHz) {
            this.frames = frames;
            this.rateHz = rateHz;
        }

        @Override
        public void read(Tensor target, int offset, int samples) throws IOException {
            for (int i = 0; i < samples; i++) {
                while (rest.remaining() < Short.BYTES) {
                    rest = ByteBuffer.wrap(frames.queue().take()).order(ByteOrder.LITTLE_ENDIAN);
                }
                target.setFloat(offset + i, rest.getShort() / FULL_SCALE);
            }
        }

        @Override
        public int sampleRateHz() {
            return rateHz;
        }

        @Override
        public String name() {
            return frames.name();
        }

        @Override
        public boolean live() {
            return true;
        }

        @Override
        public long dropped() {
            return frames.queue().dropped();
        }

        @Override
        public void close() throws IOException {
            frames.close();
        }
    }

    private static final class Pictures implements ImageSource {

        private final Frames frames;
        private final FrameFormat format;

        Pictures(Frames frames, FrameFormat format) {
            this.frames = frames;
            this.format = format;
        }

        @Override
        public Image next() throws IOException {
            byte[] frame = frames.queue().take();
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

        @Override
        public String name() {
            return frames.name();
        }

        @Override
        public boolean live() {
            return true;
        }

        @Override
        public long dropped() {
            return frames.queue().dropped();
        }

        @Override
        public void close() throws IOException {
            frames.close();
        }
    }

    private static final class Lines implements RowSource {

        private final Frames frames;

        Lines(Frames frames) {
            this.frames = frames;
        }

        @Override
        public float[] next() throws IOException {
            String line = new String(frames.queue().take(), StandardCharsets.UTF_8);
            try {
                return Rows.parse("a line", line);
            } catch (SourceException e) {
                throw new SourceStalledException("a line cannot be used: " + e.getMessage());
            }
        }

        @Override
        public String name() {
            return frames.name();
        }

        @Override
        public boolean live() {
            return true;
        }

        @Override
        public long dropped() {
            return frames.queue().dropped();
        }

        @Override
        public void close() throws IOException {
            frames.close();
        }
    }
}
