package io.tinyfleet.protocol.delta;

import java.io.IOException;

/** Runs a part of known content through the models, buffer by buffer. */
final class PartCoding {
    static final int BUFFER_BYTES = 64 * 1024;

    private PartCoding() {}

    /** Codes the first {@code length} bytes of a part that begins at {@code newOffset} in the target. */
    static void code(
            BaseBytes base, BaseBytes target, Part part, long newOffset, long length, PartModels models, Coder coder)
            throws IOException, CorruptPatchException {
        byte[] old = new byte[(int) Math.min(BUFFER_BYTES, length)];
        byte[] fresh = new byte[old.length];
        models.begin(part);
        for (long done = 0; done < length; done += BUFFER_BYTES) {
            int count = (int) Math.min(BUFFER_BYTES, length - done);
            if (!(part instanceof Part.Literal)) {
                base.read(part.oldOffset() + done, old, 0, count);
            }
            target.read(newOffset + done, fresh, 0, count);
            models.code(coder, part, old, fresh, count);
        }
    }
}
