package io.tinyfleet.server.model;

import io.tinyfleet.protocol.v1.Release;

/** Signs a manifest for the release role. Whoever keeps the keys implements it; models never see a key. */
public interface ReleaseSigner {
    /** Returns the bytes of the signed envelope, as devices will fetch and verify them. */
    byte[] sign(Release manifest);
}
