package io.tinyfleet.protocol.delta;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Finds out how a stretch is coded best: every way is measured on a sample, with the statistics that the decoder will
 * have at that point.
 */
final class PartChooser {
    private static final int CENTRE_SAMPLE = 64 * 1024;
    private static final int LAYOUT_SAMPLE = 256 * 1024;

    /** A sample is taken from the middle of so many stretches: the first rows of a table are often not like the others. */
    private static final int PLACES = 4;

    /** The byte of a weight of zero: in int8, and in uint8 with the usual zero point. */
    private static final int SIGNED_CENTRE = 0;

    private static final int UNSIGNED_CENTRE = 128;

    /** Another centre must cost less than this share of the best usual one, which is right more often than a mode. */
    private static final double CENTRE_SHARE = 0.97;

    /** What takes longer to apply must save as much as this. */
    private static final double SLOWER = 1.03;

    private final BaseBytes base;
    private final BaseBytes target;

    private record Centres(int old, int fresh) {}

    PartChooser(BaseBytes base, BaseBytes target) {
        this.base = base;
        this.target = target;
    }

    /** @param models what the encoder has learned so far; only copied */
    Part cheapest(Segment segment, PartModels models) throws IOException, CorruptPatchException {
        long old = segment.oldOffset();
        long length = segment.length();
        int width = segment.elementBytes();
        if (width > 1) {
            return new Part.Bytes(old, length, Math.min(width, ByteModel.MAX_ELEMENT_BYTES));
        }
        List<Part> candidates = new ArrayList<>(weights(segment, centres(segment, models)));
        candidates.add(new Part.Bytes(old, length, 1));
        if (width == 0) {
            candidates.add(new Part.Bytes(old, length, 2));
            candidates.add(new Part.Bytes(old, length, 4));
        }
        Part cheapest = candidates.get(0);
        double least = Double.MAX_VALUE;
        for (Part candidate : candidates) {
            double cost = cost(candidate, segment.newOffset(), LAYOUT_SAMPLE, models);
            if (!quick(candidate)) {
                cost *= SLOWER;
            }
            if (cost < least) {
                least = cost;
                cheapest = candidate;
            }
        }
        return cheapest;
    }

    /** Nearly all weights are read without learning from them. */
    private static boolean quick(Part part) {
        return part instanceof Part.Weights weights && weights.restart() == 0;
    }

    private static List<Part> weights(Segment segment, Centres centres) {
        long old = segment.oldOffset();
        long length = segment.length();
        long row = segment.rowElements();
        List<Part> ways = new ArrayList<>();
        ways.add(new Part.Weights(old, length, centres.old(), centres.fresh(), 1, 0));
        if (row > 1 && row < length) {
            ways.add(new Part.Weights(old, length, centres.old(), centres.fresh(), 1, row));
            if (row <= WeightModel.MAX_COLUMNS) {
                ways.add(new Part.Weights(old, length, centres.old(), centres.fresh(), (int) row, 0));
            }
        }
        return ways;
    }

    private Centres centres(Segment segment, PartModels models) throws IOException, CorruptPatchException {
        Centres signed = new Centres(SIGNED_CENTRE, SIGNED_CENTRE);
        Centres unsigned = new Centres(UNSIGNED_CENTRE, UNSIGNED_CENTRE);
        double signedCost = cost(segment, signed, models);
        double unsignedCost = cost(segment, unsigned, models);
        Centres cheapest = signedCost <= unsignedCost ? signed : unsigned;
        double least = Math.min(signedCost, unsignedCost) * CENTRE_SHARE;
        int[] old = counts(base, segment.oldOffset(), segment.length());
        int[] fresh = counts(target, segment.newOffset(), segment.length());
        Set<Centres> seen = new LinkedHashSet<>();
        seen.add(new Centres(mode(old), mode(fresh)));
        seen.add(new Centres(median(old), median(fresh)));
        seen.removeAll(List.of(signed, unsigned));
        for (Centres centres : seen) {
            double cost = cost(segment, centres, models);
            if (cost < least) {
                least = cost;
                cheapest = centres;
            }
        }
        return cheapest;
    }

    /** By the best way for these centres: where the scale is another one in each column, one scale tells nothing. */
    private double cost(Segment segment, Centres centres, PartModels models) throws IOException, CorruptPatchException {
        double least = Double.MAX_VALUE;
        for (Part way : weights(segment, centres)) {
            least = Math.min(least, cost(way, segment.newOffset(), CENTRE_SAMPLE, models));
        }
        return least;
    }

    /** How often each byte is in a sample. */
    private static int[] counts(BaseBytes file, long offset, long length) throws IOException {
        int stretch = (int) Math.min(CENTRE_SAMPLE, length) / PLACES;
        byte[] sample = new byte[stretch * PLACES];
        for (int place = 0; place < PLACES; place++) {
            file.read(offset + place(place, length, stretch), sample, place * stretch, stretch);
        }
        int[] counts = new int[1 << Byte.SIZE];
        for (byte value : sample) {
            counts[value & 0xff]++;
        }
        return counts;
    }

    /** The most frequent byte: weights crowd around zero, so it is near the zero point. */
    private static int mode(int[] counts) {
        int mode = 0;
        for (int value = 1; value < counts.length; value++) {
            mode = counts[value] > counts[mode] ? value : mode;
        }
        return mode;
    }

    /** The byte in the middle: nearer to the zero point where weights crowd less. */
    private static int median(int[] counts) {
        long half = Arrays.stream(counts).asLongStream().sum() / 2;
        int value = 0;
        for (long below = counts[0]; below < half; below += counts[value]) {
            value++;
        }
        return value;
    }

    /** In bytes, for a sample. */
    private double cost(Part part, long newOffset, int sample, PartModels models)
            throws IOException, CorruptPatchException {
        CodeLength length = new CodeLength();
        boolean whole = part.length() <= sample;
        PartModels learning = models.copy(!whole);
        if (whole) {
            PartCoding.code(base, target, part, newOffset, part.length(), learning, length);
            return length.bytes();
        }
        long stretch = sample / PLACES;
        for (int place = 0; place < PLACES; place++) {
            long from = place(place, part.length(), stretch) / part.rowBytes() * part.rowBytes();
            PartCoding.code(base, target, part.without(from), newOffset + from, stretch, learning, length);
        }
        return length.bytes();
    }

    /** Where that part of the sample begins. */
    private static long place(int place, long length, long stretch) {
        return (length - stretch) / (2 * PLACES) * (2 * place + 1);
    }
}
