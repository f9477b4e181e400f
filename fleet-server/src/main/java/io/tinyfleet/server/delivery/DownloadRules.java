package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.DownloadPolicy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What documents say about the ways of bytes: each device's own rules, and which blobs are on offer to all. */
@ApplicationScoped
class DownloadRules {
    private final DownloadPolicyRepository policies;
    private final SharedOffers offers;
    private final SharedRepository shared;
    private final InstantSource clock;

    DownloadRules(
            DownloadPolicyRepository policies, SharedOffers offers, SharedRepository shared, InstantSource clock) {
        this.policies = policies;
        this.offers = offers;
        this.shared = shared;
        this.clock = clock;
    }

    /** The rules for one batch of documents. */
    record Batch(Map<DeviceId, DownloadPolicy> policies, Set<Digest> shared) {
        DesiredContent applyTo(DeviceId device, DesiredContent content) {
            return content.under(Optional.ofNullable(policies.get(device))).offering(shared);
        }
    }

    Batch of(Collection<DeviceId> devices, Collection<Digest> variants) {
        return new Batch(policies.list(devices), offers.among(variants));
    }

    /** Before a document that says so is sent: a need of a blob that is not on offer is answered to its device alone. */
    void offer(List<BlobRef> blobs) {
        blobs.forEach(blob -> shared.offer(Digest.fromBytes(blob.getSha256()), blob.getSize(), clock.instant()));
    }
}
