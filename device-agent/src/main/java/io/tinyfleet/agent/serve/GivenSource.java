package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.Tensor;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** Gives once more what a {@link SourceTap} has heard, to another model's pipeline. Belongs to one thread. */
final class GivenSource {

    private final Source original;
    private final Source source;
    private final Deque<Object> parts = new ArrayDeque<>();

    GivenSource(Source original) {
        this.original = original;
        if (original instanceof AudioSource audio) {
            this.source = new Samples(audio.sampleRateHz());
        } else if (original instanceof ImageSource) {
            this.source = new Images();
        } else {
            this.source = new Rows();
        }
    }

    Source source() {
        return source;
    }

    void give(SourceTap.Given given) {
        parts.addAll(given.parts());
    }

    void clear() {
        parts.clear();
    }

    private Object next() throws SourceStalledException {
        Object part = parts.poll();
        if (part == null) {
            throw new SourceStalledException("more input is needed for one inference than the other model took");
        }
        return part;
    }

    private final class Samples implements AudioSource {
        private final int sampleRateHz;

        Samples(int sampleRateHz) {
            this.sampleRateHz = sampleRateHz;
        }

        @Override
        public int sampleRateHz() {
            return sampleRateHz;
        }

        /** Stretch by stretch, as they were read before. */
        @Override
        public void read(Tensor target, int offset, int samples) throws IOException {
            float[] stretch = (float[]) next();
            if (stretch.length != samples) {
                throw new SourceException("one model takes " + stretch.length + " samples at a time, the other "
                        + samples + ": there is nothing to compare");
            }
            for (int i = 0; i < samples; i++) {
                target.setFloat(offset + i, stretch[i]);
            }
        }

        @Override
        public String name() {
            return original.name();
        }

        @Override
        public void close() {
            // The original belongs to the slot.
        }
    }

    private final class Images implements ImageSource {
        @Override
        public Image next() throws IOException {
            return (Image) GivenSource.this.next();
        }

        @Override
        public String name() {
            return original.name();
        }

        @Override
        public void close() {
            // The original belongs to the slot.
        }
    }

    private final class Rows implements RowSource {
        @Override
        public float[] next() throws IOException {
            return (float[]) GivenSource.this.next();
        }

        @Override
        public String name() {
            return original.name();
        }

        @Override
        public void close() {
            // The original belongs to the slot.
        }
    }
}
