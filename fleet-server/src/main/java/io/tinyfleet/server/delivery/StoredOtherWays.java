package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.BlobLink;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.Optional;

@ApplicationScoped
class StoredOtherWays implements OtherWays {
    private final SharedRepository shared;
    private final BlobLinks links;
    private final InstantSource clock;

    StoredOtherWays(SharedRepository shared, BlobLinks links, InstantSource clock) {
        this.shared = shared;
        this.links = links;
        this.clock = clock;
    }

    @Override
    public boolean share(DeviceId device, Digest blob, BitSet missing) {
        return shared.putNeed(blob, device, missing, clock.instant());
    }

    @Override
    public Optional<BlobLink> findLink(DeviceId device, Digest blob) {
        return links.findLink(device, blob);
    }
}
