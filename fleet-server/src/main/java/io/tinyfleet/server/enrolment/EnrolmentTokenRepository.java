package io.tinyfleet.server.enrolment;

import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import io.quarkus.panache.common.Sort;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

@ApplicationScoped
class EnrolmentTokenRepository implements PanacheRepositoryBase<EnrolmentTokenEntity, UUID> {
    private static final int MAX_LISTED = 500;

    /** Locks the row, so that two devices cannot both take the last use. */
    Optional<EnrolmentTokenEntity> lockByHash(byte[] tokenHash) {
        return find("tokenHash", tokenHash)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .firstResultOptional();
    }

    List<EnrolmentTokenEntity> newest() {
        return findAll(Sort.descending("createdAt", "id")).page(0, MAX_LISTED).list();
    }
}
