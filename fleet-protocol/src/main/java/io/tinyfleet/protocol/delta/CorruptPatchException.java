package io.tinyfleet.protocol.delta;

import java.util.Locale;

/** A patch, or a compressed file, that cannot be decoded. Nothing that was written so far may be used. */
public final class CorruptPatchException extends Exception {
    private static final long serialVersionUID = 1L;

    private final Reason reason;
    private final long patchOffset;

    /** What is wrong with a patch. */
    public enum Reason {
        /** Does not begin as a td1 patch does. */
        NOT_TD1,
        /** Does not begin as a Zstandard frame of a known size does. */
        NOT_ZSTD,
        /** A Zstandard frame that needs more memory than a device has for it. */
        WINDOW_TOO_LARGE,
        /** A Zstandard frame whose content cannot be read. */
        DAMAGED,
        /** A format version or a flag that this code does not know. */
        UNKNOWN_VERSION,
        /** A header with a field outside its rule. */
        MALFORMED_HEADER,
        /** The header announces more than the reader takes. */
        TARGET_TOO_LARGE,
        /** Made for another base. */
        WRONG_BASE,
        /** A segment with a field outside its rule. */
        MALFORMED_SEGMENT,
        /** A segment that reads outside the base. */
        OUTSIDE_BASE,
        /** A segment that writes beyond the announced size. */
        BEYOND_TARGET,
        /** The patch ends too early. */
        TRUNCATED,
        /** The patch goes on after its last segment. */
        TRAILING_BYTES,
        /** Another result than the header announces. */
        WRONG_RESULT
    }

    /**
     * The sentence holds the rule, the value and the place.
     *
     * @param patchOffset bytes of the patch that were read when it was noticed
     */
    public CorruptPatchException(Reason reason, long patchOffset, String sentence) {
        super(sentence);
        this.reason = reason;
        this.patchOffset = patchOffset;
    }

    /** What is wrong. */
    public Reason reason() {
        return reason;
    }

    /** The reason as a stable word for events and logs, such as {@code wrong-base}. */
    public String code() {
        return reason.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Bytes of the patch that were read when it was noticed; a few may have been read ahead. */
    public long patchOffset() {
        return patchOffset;
    }
}
