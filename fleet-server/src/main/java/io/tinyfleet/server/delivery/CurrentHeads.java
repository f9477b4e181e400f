package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.trust.HeadsDocuments.TooManyReleasesException;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.Heads;
import io.tinyfleet.protocol.v1.ModelHeads;
import io.tinyfleet.protocol.v1.ReleaseHead;
import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.registry.blob.Stored;
import io.tinyfleet.server.model.LiveReleases;
import io.tinyfleet.server.model.ReleaseAnnouncement;
import io.tinyfleet.server.platform.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.jboss.logging.Logger;

/**
 * Keeps the signed list of live releases fresh: signed anew when what it says has changed, and each day. It is asked
 * before every desired document, so a release made just before is always listed.
 */
@ApplicationScoped
class CurrentHeads implements ReleaseAnnouncement {
    private static final Logger LOG = Logger.getLogger(CurrentHeads.class);

    private final TrustRepository repository;
    private final LiveReleases releases;
    private final TrustKeys trust;
    private final DocumentSigner signer;
    private final SignatureTime signatureTime;
    private final BlobStore blobs;
    private final DeliveryConfig config;
    private final InstantSource clock;

    CurrentHeads(
            TrustRepository repository,
            LiveReleases releases,
            TrustKeys trust,
            DocumentSigner signer,
            SignatureTime signatureTime,
            BlobStore blobs,
            DeliveryConfig config,
            InstantSource clock) {
        this.repository = repository;
        this.releases = releases;
        this.trust = trust;
        this.signer = signer;
        this.signatureTime = signatureTime;
        this.blobs = blobs;
        this.config = config;
        this.clock = clock;
    }

    /** Refuses the release that no longer fits into the list, with how many do. In the caller's transaction. */
    @Override
    @Transactional
    public void announce() {
        try {
            fresh();
        } catch (TooManyReleasesException e) {
            throw Problem.conflict(
                    "too-many-live-releases",
                    "The signed list of live releases would hold " + e.listed() + " releases, and only about "
                            + e.fitting() + " fit: retire releases that no device needs.");
        }
    }

    /**
     * The newest list, signed anew if it must be. In the caller's transaction.
     *
     * @throws TooManyReleasesException when it would not fit into a signed document; the one before stays
     * @throws ClockBehindException when nothing may be signed now
     */
    @Transactional(dontRollbackOn = {TooManyReleasesException.class, ClockBehindException.class})
    public StoredHeads fresh() throws TooManyReleasesException {
        repository.lockHeads();
        TrustedRoot root = trust.root();
        Heads content = content(root);
        Digest digest = Digest.of(content.toByteArray());
        Optional<StoredHeads> stored = repository.findHeads();
        boolean young = stored.isPresent()
                && stored.get().content().equals(digest)
                && stored.get().issuedAt().isAfter(clock.instant().minus(config.headsResignAfter()));
        if (young) {
            return stored.get();
        }
        Instant now = signatureTime.tick();
        Instant expiresAt = now.plus(config.headsLife());
        long version = stored.map(StoredHeads::version).orElse(0L) + 1;
        byte[] envelope = signer.sign(content.toBuilder()
                .setVersion(version)
                .setIssuedAtMillis(now.toEpochMilli())
                .setExpiresAtMillis(expiresAt.toEpochMilli())
                .build());
        int listed = content.getModelsList().stream()
                .mapToInt(ModelHeads::getReleasesCount)
                .sum();
        StoredHeads heads = new StoredHeads(version, digest, put(envelope), listed, now, expiresAt);
        repository.store(heads);
        LOG.infof("signed the list of live releases version=%d releases=%d", version, listed);
        return heads;
    }

    private BlobRef put(byte[] envelope) {
        try {
            Stored stored = blobs.put(new ByteArrayInputStream(envelope), Limits.MAX_METADATA_BYTES);
            return BlobRef.newBuilder()
                    .setSha256(stored.digest().toBytes())
                    .setSize(stored.size())
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException("the signed list of live releases cannot be stored", e);
        }
    }

    private Heads content(TrustedRoot root) {
        TreeMap<String, ModelHeads.Builder> models = new TreeMap<>();
        for (LiveReleases.LiveRelease release : releases.listAlive()) {
            models.computeIfAbsent(release.model(), CurrentHeads::model)
                    .addReleases(ReleaseHead.newBuilder()
                            .setSha256(release.envelope().toBytes())
                            .setVersion(release.version()));
        }
        List<StoredFloors> floors = repository.floors();
        for (StoredFloors floor : floors) {
            models.computeIfAbsent(floor.model(), CurrentHeads::model)
                    .setFloorsVersion(floor.version())
                    .setFloorsSha256(floor.blob().getSha256());
        }
        Heads.Builder heads = Heads.newBuilder()
                .setRootVersion(root.version())
                .setRootSha256(root.digest().toBytes());
        models.values().forEach(heads::addModels);
        return heads.build();
    }

    private static ModelHeads.Builder model(String name) {
        return ModelHeads.newBuilder().setModel(name);
    }
}
