package io.tinyfleet.server.delivery;

import java.util.Optional;

/** Every root the fleet has had, shared by all replicas. Nothing in it ever changes. */
interface RootChain {
    /** The highest version; 0 when there is none yet. */
    long newestVersion();

    Optional<byte[]> find(long version);

    /**
     * Adds a root.
     *
     * @return false when another root of that version is there already
     */
    boolean store(long version, byte[] envelope);
}
