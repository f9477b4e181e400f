package io.tinyfleet.server.live;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;

/** The log of live events. */
@ApplicationScoped
class LiveEventRepository {
    /** Older than every transaction still running: all its rows are visible, and none can be added. */
    private static final String SETTLED = "transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint";

    private final EntityManager database;

    LiveEventRepository(EntityManager database) {
        this.database = database;
    }

    void append(Topic topic, String type, String payloadJson, Instant at) {
        database.createNativeQuery("insert into live_event (topic, type, payload, created_at)"
                        + " values (?1, ?2, cast(?3 as jsonb), ?4)")
                .setParameter(1, topic.name())
                .setParameter(2, type)
                .setParameter(3, payloadJson)
                .setParameter(4, at.atOffset(ZoneOffset.UTC))
                .executeUpdate();
    }

    /** The next settled events, in the order of the log. */
    List<LiveEvent> after(Cursor cursor, int limit) {
        return rows(
                "select transaction_id, id, topic, type, payload::text from live_event"
                        + " where (transaction_id, id) > (?1, ?2) and " + SETTLED
                        + " order by transaction_id, id limit " + limit,
                cursor);
    }

    /** The last settled place of the log, or where it was pruned to when it is empty. */
    Cursor head() {
        return cursor("select transaction_id, id from (select transaction_id, id from live_event where " + SETTLED
                + " union all select transaction_id, id from live_event_horizon) known"
                + " order by transaction_id desc, id desc limit 1");
    }

    /** The last place of the log, settled or not. */
    Cursor newest() {
        return cursor("select transaction_id, id from (select transaction_id, id from live_event"
                + " union all select transaction_id, id from live_event_horizon) known"
                + " order by transaction_id desc, id desc limit 1");
    }

    Cursor horizon() {
        return cursor("select transaction_id, id from live_event_horizon");
    }

    /** Drops what is older than an instant, and more than {@code maxRows}; remembers up to where. */
    int prune(Instant olderThan, int maxRows) {
        // The horizon's row is locked first, so that two replicas prune one after the other.
        database.createNativeQuery("select 1 from live_event_horizon for update")
                .getResultList();
        database.createNativeQuery("""
                        with boundary as (
                            select transaction_id, id from (
                                (select transaction_id, id from live_event where created_at < ?1
                                 order by transaction_id desc, id desc limit 1)
                                union all
                                (select transaction_id, id from live_event
                                 order by transaction_id desc, id desc offset ?2 limit 1)
                            ) candidate order by transaction_id desc, id desc limit 1)
                        update live_event_horizon set transaction_id = boundary.transaction_id, id = boundary.id
                        from boundary
                        where (boundary.transaction_id, boundary.id)
                              > (live_event_horizon.transaction_id, live_event_horizon.id)
                        """)
                .setParameter(1, olderThan.atOffset(ZoneOffset.UTC))
                .setParameter(2, maxRows)
                .executeUpdate();
        return database.createNativeQuery("delete from live_event using live_event_horizon horizon"
                        + " where (live_event.transaction_id, live_event.id) <= (horizon.transaction_id, horizon.id)")
                .executeUpdate();
    }

    /**
     * After a restore into another database transaction numbers begin again; rows that seem to come from the future
     * would hide everything new.
     */
    int forgetFuture() {
        String next = "pg_snapshot_xmax(pg_current_snapshot())::text::bigint";
        database.createNativeQuery(
                        "update live_event_horizon set transaction_id = 0, id = 0 where transaction_id >= " + next)
                .executeUpdate();
        return database.createNativeQuery("delete from live_event where transaction_id >= " + next)
                .executeUpdate();
    }

    private Cursor cursor(String query) {
        Object[] row = (Object[]) database.createNativeQuery(query).getSingleResult();
        return new Cursor(((Number) row[0]).longValue(), ((Number) row[1]).longValue());
    }

    @SuppressWarnings("unchecked") // A native query of several columns gives arrays.
    private List<LiveEvent> rows(String query, Cursor cursor) {
        List<Object[]> rows = database.createNativeQuery(query)
                .setParameter(1, cursor.transactionId())
                .setParameter(2, cursor.id())
                .getResultList();
        return rows.stream()
                .map(row -> new LiveEvent(
                        new Cursor(((Number) row[0]).longValue(), ((Number) row[1]).longValue()),
                        new Topic((String) row[2]),
                        (String) row[3],
                        (String) row[4]))
                .toList();
    }
}
