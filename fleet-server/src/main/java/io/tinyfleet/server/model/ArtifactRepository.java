package io.tinyfleet.server.model;

import io.quarkus.hibernate.orm.panache.PanacheRepository;
import io.tinyfleet.protocol.Digest;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

@ApplicationScoped
class ArtifactRepository implements PanacheRepository<ArtifactEntity> {
    /** "blobs" in ASCII: far from the digests that the other lock is made of, but for chance. */
    private static final long COLLECTION_LOCK = 0x62_6c6f_6273L;

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

    /** Files and their chunk lists. */
    Set<Digest> pinned() {
        Set<Digest> pinned = new HashSet<>();
        getEntityManager()
                .createQuery("select a.sha256, a.chunkList from ArtifactEntity a", Object[].class)
                .getResultList()
                .forEach(row -> {
                    pinned.add(Digest.fromBytes((byte[]) row[0]));
                    pinned.add(Digest.fromBytes((byte[]) row[1]));
                });
        return pinned;
    }

    /** Until the transaction ends nobody else collects blobs, in any replica. */
    boolean tryLockCollection() {
        return (Boolean) getEntityManager()
                .createNativeQuery("select pg_try_advisory_xact_lock(" + COLLECTION_LOCK + ")")
                .getSingleResult();
    }

    void add(ArtifactView artifact, String createdBy) {
        persistAndFlush(new ArtifactEntity(artifact, createdBy));
    }
}
