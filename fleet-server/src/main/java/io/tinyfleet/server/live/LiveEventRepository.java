package io.tinyfleet.server.live;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import java.time.Instant;
import java.time.ZoneOffset;

/** The log of live events, read in commit order. */
@ApplicationScoped
class LiveEventRepository {
    private final EntityManager database;

    LiveEventRepository(EntityManager database) {
        this.database = database;
    }

    void append(String topic, String type, String payloadJson, Instant at) {
        database.createNativeQuery(
                        "insert into live_event (topic, type, payload, created_at) values (?1, ?2, cast(?3 as jsonb), ?4)")
                .setParameter(1, topic)
                .setParameter(2, type)
                .setParameter(3, payloadJson)
                .setParameter(4, at.atOffset(ZoneOffset.UTC))
                .executeUpdate();
    }
}
