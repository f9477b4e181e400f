package io.tinyfleet.protocol.delta;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.delta.CorruptPatchException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/**
 * Makes the target out of the base and a patch, as a stream: base and target go through buffers of 64 KiB, the model
 * state has less than 300 KB whatever the patch says. It never writes more than {@code maxBytes} and never reads outside
 * the base. What was written may be used only after {@link #decode} has returned.
 */
public final class Td1Decoder {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final BaseBytes base;
    private final InputStream patch;
    private final Td1Header header;
    private final byte[] old = new byte[BUFFER_BYTES];
    private final byte[] target = new byte[BUFFER_BYTES];

    private Td1Decoder(BaseBytes base, InputStream patch, Td1Header header) {
        this.base = base;
        this.patch = patch;
        this.header = header;
    }

    /**
     * Decodes.
     *
     * @param maxBytes the target may have; the header is refused when it announces more
     * @param out takes the target as it comes; not closed
     * @return what the header said, and what base and target are
     * @throws CorruptPatchException when the patch is damaged, hostile, or not for this base
     * @throws IOException when base, patch or {@code out} fail
     */
    public static Td1Header decode(BaseBytes base, InputStream patch, long maxBytes, OutputStream out)
            throws IOException, CorruptPatchException {
        Td1Header header = Td1Header.read(patch);
        if (header.targetSize() > maxBytes) {
            throw new CorruptPatchException(
                    Reason.TARGET_TOO_LARGE,
                    Td1Header.BYTES,
                    "at most " + maxBytes + " bytes are taken, the patch announces " + header.targetSize());
        }
        Td1Decoder decoder = new Td1Decoder(base, patch, header);
        decoder.requireBase();
        try {
            decoder.decodeParts(out);
        } catch (CorruptPatchException e) {
            if (base.verifiedDigest().isPresent()) {
                // It was right when its owner hashed it: tell a base that has rotted since from a damaged patch.
                decoder.requireDigest(decoder.hashedBase());
            }
            throw e;
        }
        return header;
    }

    private void requireBase() throws IOException, CorruptPatchException {
        if (base.size() != header.baseSize()) {
            throw wrongBase("has " + base.size() + " bytes, the patch was made for " + header.baseSize());
        }
        Optional<Digest> verified = base.verifiedDigest();
        requireDigest(verified.isPresent() ? verified.get() : hashedBase());
    }

    private Digest hashedBase() throws IOException {
        Digest.Hasher hasher = Digest.hasher();
        for (long at = 0; at < base.size(); at += BUFFER_BYTES) {
            int length = (int) Math.min(BUFFER_BYTES, base.size() - at);
            base.read(at, old, 0, length);
            hasher.update(old, 0, length);
        }
        return hasher.digest();
    }

    private void requireDigest(Digest found) throws CorruptPatchException {
        if (!found.equals(header.base())) {
            throw wrongBase("is " + found.shortHex() + ", the patch was made for "
                    + header.base().shortHex());
        }
    }

    private static CorruptPatchException wrongBase(String difference) {
        return new CorruptPatchException(Reason.WRONG_BASE, Td1Header.BYTES, "the base " + difference);
    }

    private void decodeParts(OutputStream out) throws IOException, CorruptPatchException {
        RangeDecoder coder = new RangeDecoder(patch, Td1Header.BYTES);
        PartModels models = new PartModels();
        Digest.Hasher hasher = Digest.hasher();
        long written = 0;
        while (written < header.targetSize()) {
            Part part = models.parts().read(coder, base.size(), header.targetSize() - written, coder.taken());
            models.begin(part);
            for (long done = 0; done < part.length(); done += BUFFER_BYTES) {
                int length = (int) Math.min(BUFFER_BYTES, part.length() - done);
                if (!(part instanceof Part.Literal)) {
                    base.read(part.oldOffset() + done, old, 0, length);
                }
                models.code(coder, part, old, target, length);
                hasher.update(target, 0, length);
                out.write(target, 0, length);
            }
            written += part.length();
        }
        coder.requireEnd();
        Digest made = hasher.digest();
        if (!made.equals(header.target())) {
            throw new CorruptPatchException(
                    Reason.WRONG_RESULT,
                    coder.taken(),
                    "the patch announces " + header.target().shortHex() + " and makes " + made.shortHex());
        }
    }
}
