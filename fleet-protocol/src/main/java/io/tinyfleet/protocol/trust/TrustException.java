package io.tinyfleet.protocol.trust;

import java.util.Locale;

/** A signed document that is refused. What was trusted and stored before stays as it was. */
public final class TrustException extends Exception {
    private static final long serialVersionUID = 1L;

    private final Reason reason;

    /** Why a document is refused. */
    public enum Reason {
        /** Not the expected protobuf message. */
        UNREADABLE,
        /** Over {@link io.tinyfleet.protocol.Limits#MAX_METADATA_BYTES}, or too many keys or signatures. */
        TOO_LARGE,
        /** An envelope of another kind than this place takes. */
        WRONG_PAYLOAD_TYPE,
        /** Too few distinct keys of the role have signed. */
        THRESHOLD_NOT_MET,
        /** Past its last day. */
        EXPIRED,
        /** The root itself is past its last day. */
        ROOT_EXPIRED,
        /** Made for another device. */
        WRONG_DEVICE,
        /** Older than what is stored. */
        OLD_SEQ,
        /** As old as what is stored, and not the same. */
        SAME_SEQ_OTHER_CONTENT,
        /** Not the bytes that were asked for. */
        WRONG_DIGEST,
        /** Signed under another root than the one held. */
        WRONG_ROOT,
        /** Not exactly one above the root held. */
        ROOT_VERSION_STEP,
        /** The list of heads or the floors are older than what is stored. */
        OLD_VERSION,
        /** As new as what is stored, and not the same. */
        SAME_VERSION_OTHER_CONTENT,
        /** The list of heads does not name this release: it was withdrawn, or never published. */
        NOT_IN_HEADS,
        /** The release's security version is under the floor of its model. */
        BELOW_FLOOR,
        /** Signed for another model. */
        WRONG_MODEL,
        /** A key that is not an Ed25519 or P-256 key in its one encoding, or of a kind that its role may not have. */
        UNUSABLE_KEY,
        /** A root that could never be satisfied: a role without keys, or with a threshold above its keys. */
        UNUSABLE_ROOT,
        /** Signed and readable, but with a field outside its rule. */
        MALFORMED
    }

    /** The sentence holds the rule, the value and the place. */
    public TrustException(Reason reason, String sentence) {
        super(sentence);
        this.reason = reason;
    }

    /** Why the document is refused. */
    public Reason reason() {
        return reason;
    }

    /** The reason as a stable word for events and logs, such as {@code threshold-not-met}. */
    public String code() {
        return reason.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
