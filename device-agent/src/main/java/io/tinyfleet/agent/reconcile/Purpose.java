package io.tinyfleet.agent.reconcile;

/** What a blob is fetched for. All but the model itself are small and verified as a whole. */
public enum Purpose {
    RELEASE,
    CHUNK_LIST,
    SELF_TEST,
    /** The list of live releases, or floors. */
    METADATA,
    MODEL
}
