package io.tinyfleet.server.model;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.UuidV7;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.protocol.v1.SelfTestVectors;
import io.tinyfleet.protocol.v1.Variant;
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
import java.util.Set;
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
    private final ReleaseAnnouncement announcement;
    private final CurrentPerson person;
    private final LiveEvents live;
    private final InstantSource clock;

    PublishRelease(
            ModelRepository models,
            ReleaseRepository releases,
            ArtifactDirectory artifacts,
            BlobStore blobs,
            ReleaseSigner signer,
            ReleaseAnnouncement announcement,
            CurrentPerson person,
            LiveEvents live,
            InstantSource clock) {
        this.models = models;
        this.releases = releases;
        this.artifacts = artifacts;
        this.blobs = blobs;
        this.signer = signer;
        this.announcement = announcement;
        this.person = person;
        this.live = live;
        this.clock = clock;
    }

    @Transactional
    ReleaseBody publish(String model, ReleaseRequest request) {
        Prepared prepared = checked(model, request);
        return store(prepared, signer.sign(prepared.manifest()));
    }

    /** The manifest as it would be signed, for somebody who holds the keys elsewhere. Nothing is stored. */
    @Transactional
    byte[] manifest(String model, ReleaseRequest request) {
        return checked(model, request).manifest().toByteArray();
    }

    /** Takes a release that was signed elsewhere; the manifest in it must keep the same rules as one made here. */
    @Transactional
    ReleaseBody publishSigned(String model, byte[] envelope) {
        ModelEntity owner = models.lock(model).orElseThrow(() -> Problem.notFound("model", model));
        Release manifest = signer.verify(owner.name(), envelope);
        Optional<ReleaseEntity> same = releases.findByIdOptional(
                ReleaseId.fromBytes(manifest.getReleaseId()).value());
        if (same.isPresent() && same.get().holds(manifest)) {
            // The same release under other keys: after a rotation its signature is renewed, and nothing else.
            same.get().signedAnew(stored(manifest, envelope, same.get().toView().createdAt()));
            announcement.announce();
            return ReleaseBody.of(same.get());
        }
        requireKnownFiles(manifest);
        requireNewVersion(model, manifest.getVersion());
        if (same.isPresent()) {
            throw Problem.conflict(
                    "release-exists", "The release id " + same.get().toView().id() + " belongs to another release.");
        }
        long highest = releases.highestSecurityVersion(model).orElse(0);
        if (manifest.getSecurityVersion() < highest) {
            throw securityGoesBack(model, highest, manifest.getSecurityVersion());
        }
        return store(Prepared.of(manifest), envelope);
    }

    private void requireKnownFiles(Release manifest) {
        if (SemanticVersion.parse(manifest.getVersion()).isEmpty()) {
            throw new ProblemException(
                    REFUSED, "The version " + manifest.getVersion() + " is no semantic version.", List.of());
        }
        for (Variant variant : manifest.getVariantsList()) {
            Digest target = Digest.fromBytes(variant.getTarget().getSha256());
            boolean model = artifacts
                    .find(target)
                    .filter(artifact -> artifact.kind() == ArtifactKind.MODEL)
                    .filter(artifact -> artifact.size() == variant.getTarget().getSize())
                    .isPresent();
            boolean vectors = !variant.hasSelfTest()
                    || artifacts
                            .find(Digest.fromBytes(variant.getSelfTest().getVectorsSha256()))
                            .filter(artifact -> artifact.kind() == ArtifactKind.SELF_TEST)
                            .isPresent();
            if (!model || !vectors) {
                throw new ProblemException(
                        REFUSED,
                        "The variant " + variant.getName() + " names a file that this server does not hold as "
                                + (model ? "a self-test" : "a model of that size") + ": upload it first.",
                        List.of());
            }
        }
    }

    private void requireNewVersion(String model, String version) {
        if (releases.findVersion(model, version).isPresent()) {
            throw Problem.conflict(
                    "release-exists",
                    model + " " + version + " exists already, and a release never changes: take a new version.");
        }
    }

    private Prepared checked(String model, ReleaseRequest request) {
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
        requireNewVersion(model, version.text());
        Release manifest = Release.newBuilder()
                .setReleaseId(new ReleaseId(UuidV7.next(clock)).toBytes())
                .setModel(owner.name())
                .setVersion(version.text())
                .setSecurityVersion(securityVersion(model, request))
                .addAllVariants(checked.variants())
                .setCreatedAtMillis(clock.instant().toEpochMilli())
                .setLicence(checked.licence())
                .build();
        return new Prepared(manifest, Optional.ofNullable(request.lineage()), checked.tags());
    }

    /** A manifest that keeps the rules, and what is stored beside it without being signed. */
    private record Prepared(Release manifest, Optional<Lineage> lineage, Set<String> tags) {
        static Prepared of(Release manifest) {
            return new Prepared(manifest, Optional.empty(), Set.of());
        }
    }

    private ReleaseBody store(Prepared prepared, byte[] envelope) {
        ReleaseEntity release = new ReleaseEntity(
                stored(prepared.manifest(), envelope, clock.instant()), prepared.lineage(), person.name());
        release.setTags(prepared.tags());
        releases.persistAndFlush(release);
        // Heads first: whoever is offered this release finds it in the list.
        announcement.announce();
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
            throw securityGoesBack(model, highest, asked);
        }
        return asked;
    }

    private static ProblemException securityGoesBack(String model, long highest, long asked) {
        return Problem.conflict(
                "security-version-goes-back",
                "The security version of " + model + " is " + highest + " already, it cannot go back to " + asked
                        + ".");
    }

    private ReleaseView stored(Release manifest, byte[] envelope, Instant now) {
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
