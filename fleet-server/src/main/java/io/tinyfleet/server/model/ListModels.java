package io.tinyfleet.server.model;

import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.server.platform.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.List;

/** Reads models and releases for the API. */
@ApplicationScoped
class ListModels {
    static final int MAX_MODELS = 500;
    static final int MAX_RELEASES = 200;

    private final ModelRepository models;
    private final ReleaseRepository releases;

    ListModels(ModelRepository models, ReleaseRepository releases) {
        this.models = models;
        this.releases = releases;
    }

    @Transactional
    List<ModelBody> models() {
        return models.listByName(MAX_MODELS).stream()
                .map(model -> ModelBody.of(
                        model,
                        releases.listOf(model.name(), MAX_RELEASES).stream()
                                .map(ReleaseEntity::toView)
                                .map(ReleaseSummary::of)
                                .toList()))
                .toList();
    }

    @Transactional
    List<ReleaseBody> releasesOf(String model) {
        if (models.findByIdOptional(model).isEmpty()) {
            throw Problem.notFound("model", model);
        }
        return releases.listOf(model, MAX_RELEASES).stream()
                .map(release -> ReleaseBody.of(release.toView(), release.createdBy()))
                .toList();
    }

    @Transactional
    ReleaseBody getRelease(ReleaseId id) {
        return releases.findByIdOptional(id.value())
                .map(release -> ReleaseBody.of(release.toView(), release.createdBy()))
                .orElseThrow(() -> Problem.notFound("release", id));
    }
}
