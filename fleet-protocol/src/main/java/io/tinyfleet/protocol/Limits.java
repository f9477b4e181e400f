package io.tinyfleet.protocol;

/** The sizes both sides keep. A message over a limit is refused before it is parsed. */
public final class Limits {
    /** The protocol version that this code speaks. */
    public static final int PROTOCOL = 1;

    /** Bytes of any MQTT payload. */
    public static final int MAX_MESSAGE_BYTES = 65_536;

    /** Bytes of a chunk of a blob; only the last chunk is shorter. */
    public static final int CHUNK_BYTES = 49_152;

    /** Chunks a device may have on their way to it at once. */
    public static final int MAX_NEED_WINDOW = 8;

    /** Ranges of chunks in one {@code need}. */
    public static final int MAX_NEED_RANGES = 64;

    /** Bytes over which a blob may be sent to many devices at once. */
    public static final long MIN_SHARED_BYTES = 1024 * 1024;

    /** Bytes of a chunk list, 32 for each chunk. */
    public static final int MAX_CHUNK_LIST_BYTES = 4 * 1024 * 1024;

    /** Bytes of the largest blob that a chunk list of {@link #MAX_CHUNK_LIST_BYTES} describes, 6 GiB. */
    public static final long MAX_BLOB_BYTES = (long) MAX_CHUNK_LIST_BYTES / Digest.BYTES * CHUNK_BYTES;

    /** Bytes of a signed document with its envelope. */
    public static final int MAX_METADATA_BYTES = 65_536;

    /** Bytes of a self-test blob; it goes through the worker in one piece. */
    public static final int MAX_SELF_TEST_BYTES = 4 * 1024 * 1024;

    /** Signatures in an envelope. */
    public static final int MAX_SIGNATURES = 16;

    /** Keys of a role. */
    public static final int MAX_KEYS_PER_ROLE = 16;

    /** Models whose release keys a root delegates. */
    public static final int MAX_DELEGATIONS = 128;

    /** Models in a list of heads. */
    public static final int MAX_HEADS_MODELS = 512;

    /** Roots that a device which was away for long walks through, one after the other. */
    public static final int MAX_ROOT_STEPS = 64;

    /** Slots of a device. */
    public static final int MAX_SLOTS = 16;

    /** Variants of a release. */
    public static final int MAX_VARIANTS = 64;

    /** Encodings that a desired document offers for one slot. */
    public static final int MAX_ENCODINGS = 8;

    /** Characters of the name of a model, a version or a variant. */
    public static final int MAX_NAME_CHARACTERS = 64;

    private Limits() {}
}
