package io.tinyfleet.server.model;

import io.quarkus.arc.All;
import io.quarkus.narayana.jta.runtime.TransactionConfiguration;
import io.tinyfleet.registry.blob.BlobCollection;
import io.tinyfleet.registry.blob.BlobPins;
import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.server.platform.Problem;
import io.tinyfleet.server.platform.ProblemException;
import io.tinyfleet.server.platform.ProblemType;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import org.jboss.logging.Logger;

/** Removes blobs that nobody uses. One run at a time in the whole installation. */
@ApplicationScoped
class CollectBlobs {
    private static final Logger LOG = Logger.getLogger(CollectBlobs.class);
    private static final int MAX_RUN_SECONDS = 3600;

    private final BlobStore blobs;
    private final List<BlobPins> pins;
    private final ArtifactRepository artifacts;
    private final BlobsConfig config;
    private final InstantSource clock;

    CollectBlobs(
            BlobStore blobs,
            @All List<BlobPins> pins,
            ArtifactRepository artifacts,
            BlobsConfig config,
            InstantSource clock) {
        this.blobs = blobs;
        this.pins = pins;
        this.artifacts = artifacts;
        this.config = config;
        this.clock = clock;
    }

    @Transactional
    @TransactionConfiguration(timeout = MAX_RUN_SECONDS)
    BlobCollection.Report collect(boolean dryRun) throws IOException {
        if (!artifacts.tryLockCollection()) {
            throw Problem.conflict("collection-running", "Blobs are being collected already. Wait for that run's end.");
        }
        try {
            BlobCollection.Report report =
                    new BlobCollection(blobs, pins, config.collectionGrace()).run(clock.instant(), dryRun);
            LOG.infof(
                    "blobs collected dryRun=%s blobs=%d collected=%d bytes=%d pinned=%d young=%d",
                    dryRun,
                    report.blobs(),
                    report.collected(),
                    report.collectedBytes(),
                    report.pinned(),
                    report.young());
            return report;
        } catch (BlobCollection.PinsUnknownException e) {
            LOG.errorf(e, "blobs not collected holder=%s", e.holder());
            throw new ProblemException(
                    ProblemType.UNAVAILABLE.withCode("pins-unknown"),
                    "It is not known which blobs " + e.holder() + " uses, so none was removed.");
        }
    }
}
