package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.BlobLink;
import java.util.BitSet;
import java.util.Optional;

/** The ways in which a device may get a blob without chunks of its own. */
interface OtherWays {
    /** Notes what a device lacks, for the next sending to all; false when the blob is not on offer to all. */
    boolean share(DeviceId device, Digest blob, BitSet missing);

    /** Where this device may fetch the blob for a while; absent when devices cannot reach this server by HTTPS. */
    Optional<BlobLink> findLink(DeviceId device, Digest blob);
}
