package io.tinyfleet.protocol.delta;

import io.tinyfleet.protocol.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Comparator;
import java.util.List;

/**
 * Makes a patch out of a base, a target and the stretches of both that belong together. How each stretch is coded is
 * found out by measuring a sample of it. Reads the files piece by piece and keeps neither.
 */
public final class Td1Encoder {
    private final BaseBytes base;
    private final BaseBytes target;
    private final PartModels models = new PartModels();
    private final PartChooser chooser;
    private final RangeEncoder coder;
    private long written;

    private Td1Encoder(BaseBytes base, BaseBytes target, OutputStream out) {
        this.base = base;
        this.target = target;
        this.chooser = new PartChooser(base, target);
        this.coder = new RangeEncoder(out);
    }

    /**
     * Encodes.
     *
     * @param segments in any order; they must not overlap in the target, and what they leave out is found by itself
     * @param out takes the patch; should be buffered; not closed
     * @return the header of the patch
     * @throws IllegalArgumentException when a segment lies outside a file or two overlap in the target
     */
    public static Td1Header encode(BaseBytes base, BaseBytes target, List<Segment> segments, OutputStream out)
            throws IOException {
        Td1Header header = new Td1Header(base.size(), digestOf(base), target.size(), digestOf(target));
        out.write(header.toBytes());
        try {
            new Td1Encoder(base, target, out).encode(segments);
        } catch (CorruptPatchException e) {
            throw new IllegalStateException("a coder that writes has met a corrupt patch", e);
        }
        return header;
    }

    private static Digest digestOf(BaseBytes file) throws IOException {
        byte[] buffer = new byte[PartCoding.BUFFER_BYTES];
        Digest.Hasher hasher = Digest.hasher();
        for (long at = 0; at < file.size(); at += buffer.length) {
            int length = (int) Math.min(buffer.length, file.size() - at);
            file.read(at, buffer, 0, length);
            hasher.update(buffer, 0, length);
        }
        return hasher.digest();
    }

    private void encode(List<Segment> segments) throws IOException, CorruptPatchException {
        List<Segment> ordered = segments.stream()
                .sorted(Comparator.comparingLong(Segment::newOffset))
                .toList();
        long oldAt = 0;
        for (Segment segment : ordered) {
            requireInside(segment);
            fillUpTo(oldAt, segment.oldOffset(), segment.newOffset());
            for (Segment piece : segment.pieces()) {
                take(chooser.cheapest(piece, models));
            }
            oldAt = segment.oldEnd();
        }
        fillUpTo(oldAt, base.size(), target.size());
        coder.finish();
    }

    private void requireInside(Segment segment) {
        if (segment.newOffset() < written) {
            throw new IllegalArgumentException("two segments overlap in the target: one begins at "
                    + segment.newOffset() + ", the one before ends at " + written);
        }
        if (segment.length() > target.size() - segment.newOffset()
                || segment.length() > base.size() - segment.oldOffset()) {
            throw new IllegalArgumentException("a segment of " + segment.length() + " bytes from " + segment.oldOffset()
                    + " to " + segment.newOffset() + " lies outside the base of " + base.size()
                    + " or the target of " + target.size() + " bytes");
        }
    }

    /** What lies between two segments usually lies between them in the base too, give or take a few bytes. */
    private void fillUpTo(long oldFrom, long oldTo, long newTo) throws IOException, CorruptPatchException {
        long oldLength = Math.max(0, oldTo - oldFrom);
        long newLength = newTo - written;
        if (oldLength == newLength) {
            takeBytes(oldFrom, newLength);
            return;
        }
        SharedEnds ends = SharedEnds.of(base, oldFrom, oldLength, target, written, newLength);
        takeBytes(oldFrom, ends.head());
        if (newLength > ends.head() + ends.tail()) {
            take(new Part.Literal(newLength - ends.head() - ends.tail()));
        }
        takeBytes(oldFrom + oldLength - ends.tail(), ends.tail());
    }

    private void takeBytes(long oldOffset, long length) throws IOException, CorruptPatchException {
        if (length > 0) {
            take(new Part.Bytes(oldOffset, length, 1));
        }
    }

    private void take(Part part) throws IOException, CorruptPatchException {
        models.parts().write(coder, part);
        PartCoding.code(base, target, part, written, part.length(), models, coder);
        written += part.length();
    }
}
