package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A source that remembers, when asked to, what it gave for one inference. Belongs to the slot's thread. */
final class SourceTap {

    private final Source tapped;
    private final List<Object> heard = new ArrayList<>();
    private boolean listening;

    SourceTap(Source original) {
        if (original instanceof AudioSource audio) {
            this.tapped = new TappedAudio(audio);
        } else if (original instanceof ImageSource images) {
            this.tapped = new TappedImages(images);
        } else {
            this.tapped = new TappedRows((RowSource) original);
        }
    }

    /**
     * Input that a source gave, in memory of its own.
     *
     * @param parts samples and rows as {@code float[]}, pictures as {@link Image}
     */
    record Given(List<Object> parts) {
        Given {
            parts = List.copyOf(parts);
        }

        long bytes() {
            long bytes = 0;
            for (Object part : parts) {
                bytes += part instanceof Image image
                        ? image.pixels().length
                        : (long) ((float[]) part).length * Float.BYTES;
            }
            return bytes;
        }
    }

    /** What pipelines read from. */
    Source source() {
        return tapped;
    }

    /** From now on, what was heard before is forgotten. */
    void listen(boolean on) {
        heard.clear();
        listening = on;
    }

    /** What was given since; empty if nobody listened. */
    Optional<Given> take() {
        Optional<Given> given = listening ? Optional.of(new Given(heard)) : Optional.empty();
        listen(false);
        return given;
    }

    /** All but what is heard is the original's own. */
    private abstract static class Tapped<S extends Source> {
        final S original;

        Tapped(S original) {
            this.original = original;
        }

        public final String name() {
            return original.name();
        }

        public final boolean live() {
            return original.live();
        }

        public final long dropped() {
            return original.dropped();
        }

        public final long unusable() {
            return original.unusable();
        }

        public final void close() throws IOException {
            original.close();
        }
    }

    private final class TappedAudio extends Tapped<AudioSource> implements AudioSource {
        TappedAudio(AudioSource original) {
            super(original);
        }

        @Override
        public int sampleRateHz() {
            return original.sampleRateHz();
        }

        @Override
        public void read(Tensor target, int offset, int samples) throws IOException {
            original.read(target, offset, samples);
            if (listening) {
                float[] copy = new float[samples];
                for (int i = 0; i < samples; i++) {
                    copy[i] = target.floatAt(offset + i);
                }
                heard.add(copy);
            }
        }
    }

    private final class TappedImages extends Tapped<ImageSource> implements ImageSource {
        TappedImages(ImageSource original) {
            super(original);
        }

        @Override
        public Image next() throws IOException {
            Image image = original.next();
            if (listening) {
                heard.add(new Image(
                        image.width(),
                        image.height(),
                        image.channels(),
                        image.pixels().clone()));
            }
            return image;
        }
    }

    private final class TappedRows extends Tapped<RowSource> implements RowSource {
        TappedRows(RowSource original) {
            super(original);
        }

        @Override
        public float[] next() throws IOException {
            float[] row = original.next();
            if (listening) {
                heard.add(row.clone());
            }
            return row;
        }
    }
}
