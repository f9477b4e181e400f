package io.tinyfleet.server.model;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.UuidV7;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.protocol.v1.SelfTestVectors;
import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.registry.blob.Stored;
import io.tinyfleet.server.access.CurrentPerson;
import io.tinyfleet.server.live.LiveEvents;
import io.tinyfleet.server.platform.Problem;
import io.tinyfleet.server.platform.ProblemException;
import io.tinyfleet.server.platform.ProblemType;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Makes a release: checks the request against what is stored, signs the manifest and keeps the envelope as a blob. */
@ApplicationScoped
class PublishRelease {
    private static final Logger LOG = Logger.getLogger(PublishRelease.class);
    private static final ProblemType REFUSED = ProblemType.UNPROCESSABLE.withCode("release-refused");

    private final ModelRepository models;
    private final ReleaseRepository releases;
    private final ArtifactDirectory artifacts;
    private final BlobStore blobs;
    private final ReleaseSigner signer;
    private final CurrentPerson person;
    private final LiveEvents live;
    private final InstantSource clock;

    PublishRelease(
            ModelRepository models,
            ReleaseRepository releases,
            ArtifactDirectory artifacts,
            BlobStore blobs,
            ReleaseSigner signer,
            CurrentPerson person,
            LiveEvents live,
            InstantSource clock) {
        this.models = models;
        this.releases = releases;
        this.artifacts = artifacts;
        this.blobs = blobs;
        this.signer = signer;
        this.person = person;
        this.live = live;
        this.clock = clock;
    }

    @Transactional
    ReleaseBody publish(String model, ReleaseRequest request) {
        ModelEntity owner = models.lock(model).orElseThrow(() -> Problem.notFound("model", model));
        ManifestCheck.Checked checked = ManifestCheck.check(request, new ManifestCheck.Stored() {
            @Override
            public Optional<ArtifactView> findArtifact(Digest sha256) {
                return artifacts.find(sha256);
            }

            @Override
            public boolean hasRelease(ReleaseId release) {
                return releases.findByIdOptional(release.value()).isPresent();
            }

            @Override
            public SelfTestVectors getVectors(ArtifactView selfTest) {
                return vectors(selfTest);
            }
        });
        SemanticVersion version = checked.version();
        if (!checked.accepted() || version == null) {
            throw new ProblemException(
                    REFUSED, "The release breaks " + checked.violations().size() + " rule(s).", checked.violations());
        }
        if (releases.findVersion(model, version.text()).isPresent()) {
            throw Problem.conflict(
                    "release-exists",
                    model + " " + version.text() + " exists already, and a release never changes: take a new version.");
        }
        Instant now = clock.instant();
        Release manifest = Release.newBuilder()
                .setReleaseId(new ReleaseId(UuidV7.next(clock)).toBytes())
                .setModel(owner.name())
                .setVersion(version.text())
                .setSecurityVersion(securityVersion(model, request))
                .addAllVariants(checked.variants())
                .setCreatedAtMillis(now.toEpochMilli())
                .setLicence(checked.licence())
                .build();
        ReleaseEntity release =
                new ReleaseEntity(sign(manifest, now), Optional.ofNullable(request.lineage()), person.name());
        release.setTags(checked.tags());
        releases.persistAndFlush(release);
        ReleaseView view = release.toView();
        live.publish(
                "fleet",
                "release-published",
                Map.of("releaseId", view.id().toString(), "model", view.model(), "version", view.version()));
        LOG.infof(
                "release published release=%s model=%s version=%s by=%s",
                view.id(), view.model(), view.version(), person.name());
        return ReleaseBody.of(release);
    }

    /** A lower number than an earlier release's would be a way back below a fix. */
    private long securityVersion(String model, ReleaseRequest request) {
        long highest = releases.highestSecurityVersion(model).orElse(0);
        Long asked = request.securityVersion();
        if (asked == null) {
            return highest;
        }
        if (asked < highest) {
            throw Problem.conflict(
                    "security-version-goes-back",
                    "The security version of " + model + " is " + highest + " already, it cannot go back to " + asked
                            + ".");
        }
        return asked;
    }

    private ReleaseView sign(Release manifest, Instant now) {
        byte[] envelope = signer.sign(manifest);
        if (envelope.length > Limits.MAX_METADATA_BYTES) {
            throw new ProblemException(
                    REFUSED,
                    "The signed manifest has " + envelope.length + " bytes, devices take " + Limits.MAX_METADATA_BYTES
                            + ": the release has too many variants or tensors.",
                    List.of());
        }
        try {
            Stored stored = blobs.put(new ByteArrayInputStream(envelope), envelope.length);
            return new ReleaseView(
                    ReleaseId.fromBytes(manifest.getReleaseId()),
                    manifest.getModel(),
                    manifest.getVersion(),
                    stored.digest(),
                    stored.size(),
                    manifest,
                    now);
        } catch (IOException e) {
            throw new UncheckedIOException("the signed manifest cannot be stored", e);
        }
    }

    private SelfTestVectors vectors(ArtifactView selfTest) {
        try {
            byte[] bytes = blobs.find(selfTest.sha256())
                    .orElseThrow(() ->
                            new IllegalStateException("the bytes of self-test " + selfTest.sha256() + " are gone"))
                    .read(0, Limits.MAX_SELF_TEST_BYTES);
            return SelfTests.parse(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException("self-test " + selfTest.sha256() + " cannot be read", e);
        } catch (SelfTests.Refused e) {
            throw new IllegalStateException("a stored self-test is not one any more", e);
        }
    }
}
