package io.tinyfleet.protocol.delta;

import io.tinyfleet.protocol.Digest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Small models in two versions, and patches between them. */
final class Models {
    private Models() {}

    /** Bytes as a file to read. */
    static BaseBytes file(byte[] bytes) {
        return file(bytes, Optional.empty());
    }

    /** Bytes that were hashed once, perhaps when they were others. */
    static BaseBytes file(byte[] bytes, Optional<Digest> verified) {
        return new BaseBytes() {
            @Override
            public Optional<Digest> verifiedDigest() {
                return verified;
            }

            @Override
            public long size() {
                return bytes.length;
            }

            @Override
            public void read(long offset, byte[] into, int from, int length) {
                System.arraycopy(bytes, Math.toIntExact(offset), into, from, length);
            }
        };
    }

    static byte[] patch(byte[] base, byte[] target, List<Segment> segments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            Td1Encoder.encode(file(base), file(target), segments, out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    static byte[] apply(byte[] base, byte[] patch, long maxBytes) throws CorruptPatchException, IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Td1Decoder.decode(file(base), new ByteArrayInputStream(patch), maxBytes, out);
        return out.toByteArray();
    }

    /** Weights of one tensor, crowded around the centre. */
    static byte[] weights(int rows, int columns, int centre, long seed) {
        Random random = new Random(seed);
        byte[] weights = new byte[rows * columns];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (byte) (centre + clamped(random.nextGaussian() * 30));
        }
        return weights;
    }

    /** The same weights after more training: each column's scale has moved a little, and there is noise. */
    static byte[] retrained(byte[] weights, int columns, int oldCentre, int newCentre, long seed) {
        Random random = new Random(seed);
        double[] slopes = random.doubles(columns, 0.95, 1.05).toArray();
        byte[] fresh = new byte[weights.length];
        for (int i = 0; i < weights.length; i++) {
            double old = (byte) (weights[i] - oldCentre);
            fresh[i] = (byte) (newCentre + clamped(old * slopes[i % columns] + random.nextGaussian() * 0.4));
        }
        return fresh;
    }

    static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    static byte[] noise(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** A patch with hand-made segments; none of them is checked. */
    static byte[] patchOf(byte[] base, long targetSize, Digest target, List<Part> parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            out.writeBytes(new Td1Header(base.length, Digest.of(base), targetSize, target).toBytes());
            RangeEncoder coder = new RangeEncoder(out);
            PartModels models = new PartModels();
            for (Part part : parts) {
                models.parts().write(coder, part);
            }
            coder.finish();
        } catch (IOException | CorruptPatchException e) {
            throw new IllegalStateException(e);
        }
        return out.toByteArray();
    }

    /** As a later writer may write it, with something behind what is known of the header. */
    static byte[] withLongerHeader(byte[] patch) {
        int more = 5;
        byte[] longer = joined(
                Arrays.copyOf(patch, Td1Header.BYTES),
                noise(more, 41),
                Arrays.copyOfRange(patch, Td1Header.BYTES, patch.length));
        longer[11] = (byte) (Td1Header.BYTES + more);
        return longer;
    }

    /** A patch of exactly these parts. */
    static byte[] patchWith(byte[] base, byte[] target, List<Part> parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            out.writeBytes(new Td1Header(base.length, Digest.of(base), target.length, Digest.of(target)).toBytes());
            RangeEncoder coder = new RangeEncoder(out);
            PartModels models = new PartModels();
            long at = 0;
            for (Part part : parts) {
                models.parts().write(coder, part);
                PartCoding.code(file(base), file(target), part, at, part.length(), models, coder);
                at += part.length();
            }
            coder.finish();
        } catch (IOException | CorruptPatchException e) {
            throw new IllegalStateException(e);
        }
        return out.toByteArray();
    }

    private static long clamped(double value) {
        return Math.max(-127, Math.min(127, Math.round(value)));
    }
}
