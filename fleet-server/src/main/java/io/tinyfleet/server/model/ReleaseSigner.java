package io.tinyfleet.server.model;

import io.tinyfleet.protocol.v1.Release;

/** Signs a manifest for the release role. Whoever keeps the keys implements it; models never see a key. */
public interface ReleaseSigner {
    /**
     * A release that was signed elsewhere, for that model.
     *
     * @return the manifest in it; a problem that names the rule when it is refused
     */
    Release verify(String model, byte[] envelope);

    /** Returns the bytes of the signed envelope, as devices will fetch and verify them. */
    byte[] sign(Release manifest);
}
