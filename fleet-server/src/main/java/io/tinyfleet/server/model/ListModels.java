package io.tinyfleet.server.model;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.registry.blob.BlobHandle;
import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.server.platform.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/** Reads models and releases for the API. */
@ApplicationScoped
class ListModels {
    static final int MAX_MODELS = 500;
    static final int MAX_RELEASES = 200;

    private final ModelRepository models;
    private final ReleaseRepository releases;
    private final AliasRepository aliases;
    private final BlobStore blobs;

    ListModels(ModelRepository models, ReleaseRepository releases, AliasRepository aliases, BlobStore blobs) {
        this.models = models;
        this.releases = releases;
        this.aliases = aliases;
        this.blobs = blobs;
    }

    @Transactional
    List<ModelBody> models() {
        return models.listByName(MAX_MODELS).stream()
                .map(model -> ModelBody.of(model, summaries(model.name())))
                .toList();
    }

    /** A model's release by its version, or by an alias that points to it: a version begins with a digit, an alias not. */
    @Transactional
    ReleaseBody getVersion(String model, String versionOrAlias) {
        Optional<ReleaseEntity> found = SemanticVersion.parse(versionOrAlias).isPresent()
                ? releases.findVersion(model, versionOrAlias)
                : aliases.find(model, versionOrAlias).flatMap(alias -> releases.findByIdOptional(alias.release()));
        return found.map(ReleaseBody::of).orElseThrow(() -> Problem.notFound("release", model + " " + versionOrAlias));
    }

    private List<ReleaseSummary> summaries(String model) {
        Map<UUID, List<String>> names = aliases.listOf(model).stream()
                .collect(Collectors.groupingBy(
                        AliasEntity::release, Collectors.mapping(AliasEntity::alias, Collectors.toList())));
        return releases.listOf(model, MAX_RELEASES).stream()
                .map(release -> ReleaseSummary.of(release, names.getOrDefault(release.id(), List.of())))
                .toList();
    }

    /** @param byVersion the highest version first instead of the newest */
    @Transactional
    List<ReleaseBody> releasesOf(String model, boolean byVersion) {
        if (models.findByIdOptional(model).isEmpty()) {
            throw Problem.notFound("model", model);
        }
        if (byVersion) {
            return releases.listOf(model, MAX_RELEASES).stream()
                    .sorted(Comparator.comparing((ReleaseEntity release) -> new SemanticVersion(release.version()))
                            .reversed())
                    .map(ReleaseBody::of)
                    .toList();
        }
        return releases.listOf(model, MAX_RELEASES).stream()
                .map(ReleaseBody::of)
                .toList();
    }

    /** What was signed, as devices get it. */
    @Transactional
    byte[] getEnvelope(ReleaseId id) {
        Digest digest = releases.findByIdOptional(id.value())
                .map(release -> release.toView().envelopeDigest())
                .orElseThrow(() -> Problem.notFound("release", id));
        BlobHandle blob = blobs.find(digest).orElseThrow(() -> Problem.notFound("signed envelope of the release", id));
        try {
            return blob.read(0, Math.toIntExact(blob.size()));
        } catch (IOException e) {
            throw new UncheckedIOException("the envelope of the release " + id + " cannot be read", e);
        }
    }

    @Transactional
    ReleaseBody getRelease(ReleaseId id) {
        return releases.findByIdOptional(id.value())
                .map(ReleaseBody::of)
                .orElseThrow(() -> Problem.notFound("release", id));
    }
}
