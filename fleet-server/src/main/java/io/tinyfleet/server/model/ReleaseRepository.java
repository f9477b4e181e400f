package io.tinyfleet.server.model;

import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import io.tinyfleet.protocol.Digest;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

@ApplicationScoped
class ReleaseRepository implements PanacheRepositoryBase<ReleaseEntity, UUID> {
    Optional<ReleaseEntity> findVersion(String model, String version) {
        return find("model = ?1 and version = ?2", model, version).firstResultOptional();
    }

    /** Newest first. */
    List<ReleaseEntity> listOf(String model, int limit) {
        return find("model = ?1 order by createdAt desc, id desc", model)
                .page(0, limit)
                .list();
    }

    /** Not withdrawn; by model, oldest first. */
    List<ReleaseEntity> listLive(int limit) {
        return find("withdrawnAt is null order by model, createdAt, id")
                .page(0, limit)
                .list();
    }

    Set<Digest> envelopes() {
        return getEntityManager()
                .createQuery("select r.envelopeDigest from ReleaseEntity r", byte[].class)
                .getResultStream()
                .map(Digest::fromBytes)
                .collect(Collectors.toSet());
    }

    OptionalLong highestSecurityVersion(String model) {
        return find("model = ?1 order by securityVersion desc", model)
                .firstResultOptional()
                .map(ReleaseEntity::securityVersion)
                .map(OptionalLong::of)
                .orElse(OptionalLong.empty());
    }

    /** Without their manifests, which may be long. */
    List<LiveReleases.LiveRelease> listAlive() {
        return getEntityManager()
                .createQuery(
                        "select r.model, r.version, r.envelopeDigest from ReleaseEntity r"
                                + " where r.withdrawnAt is null order by r.model, r.createdAt, r.id",
                        Object[].class)
                .getResultStream()
                .map(row -> new LiveReleases.LiveRelease(
                        (String) row[0], (String) row[1], Digest.fromBytes((byte[]) row[2])))
                .toList();
    }
}
