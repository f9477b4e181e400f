package io.tinyfleet.server.model;

import io.quarkus.hibernate.orm.panache.PanacheRepository;
import io.tinyfleet.protocol.Digest;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.ByteBuffer;
import java.util.Optional;

@ApplicationScoped
class ArtifactRepository implements PanacheRepository<ArtifactEntity> {
    Optional<ArtifactView> find(Digest sha256) {
        return find("sha256", (Object) sha256.toByteArray())
                .firstResultOptional()
                .map(ArtifactEntity::toView);
    }

    /** Until the transaction ends nobody else registers this content. */
    void lockDigest(Digest sha256) {
        getEntityManager()
                .createNativeQuery("select 1 from (select pg_advisory_xact_lock(?1)) locked")
                .setParameter(1, ByteBuffer.wrap(sha256.toByteArray()).getLong())
                .getResultList();
    }

    void add(ArtifactView artifact, String createdBy) {
        persistAndFlush(new ArtifactEntity(artifact, createdBy));
    }
}
