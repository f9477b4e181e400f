package io.tinyfleet.server.delivery.encoding;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.Variant;
import io.tinyfleet.server.device.RunningArtifacts;
import io.tinyfleet.server.device.RunningArtifacts.Running;
import io.tinyfleet.server.model.ArtifactDirectory;
import io.tinyfleet.server.model.ArtifactView;
import io.tinyfleet.server.model.NewestReleases;
import io.tinyfleet.server.model.ReleaseView;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Queues what is worth trying: from each artifact that devices run to the newest releases of its model. So a delta is
 * usually there before a rollout begins, and none is made for versions that nobody runs.
 */
@ApplicationScoped
class WantEncodings {
    /** Files whose sizes differ more than this are other variants: fp32 and int8 have nothing in common. */
    private static final int MAX_SIZE_RATIO = 2;

    private final RunningArtifacts running;
    private final NewestReleases releases;
    private final ArtifactDirectory artifacts;
    private final EncodingRows rows;
    private final EncodingsConfig config;
    private final InstantSource clock;

    WantEncodings(
            RunningArtifacts running,
            NewestReleases releases,
            ArtifactDirectory artifacts,
            EncodingRows rows,
            EncodingsConfig config,
            InstantSource clock) {
        this.running = running;
        this.releases = releases;
        this.artifacts = artifacts;
        this.rows = rows;
        this.config = config;
        this.clock = clock;
    }

    @Transactional
    void look() {
        Map<String, List<ReleaseView>> newest = new HashMap<>();
        for (Running base : running.list(config.bases())) {
            List<ReleaseView> next =
                    newest.computeIfAbsent(base.model(), model -> releases.of(model, config.newestReleases()));
            for (ReleaseView release : next) {
                for (Variant variant : release.manifest().getVariantsList()) {
                    want(base.artifact(), variant);
                }
            }
        }
    }

    private void want(Digest base, Variant variant) {
        Digest target = Digest.fromBytes(variant.getTarget().getSha256());
        long size = variant.getTarget().getSize();
        if (size < config.minBytes().asLongValue() || size > config.maxBytes().asLongValue()) {
            return;
        }
        rows.enqueue(new EncodingKey(target, Optional.empty()), clock.instant());
        Optional<Long> baseSize = artifacts.find(base).map(ArtifactView::size);
        if (baseSize.isEmpty()
                || base.equals(target)
                || baseSize.get() > size * MAX_SIZE_RATIO
                || size > baseSize.get() * MAX_SIZE_RATIO) {
            return;
        }
        rows.enqueue(new EncodingKey(target, Optional.of(base)), clock.instant());
    }
}
