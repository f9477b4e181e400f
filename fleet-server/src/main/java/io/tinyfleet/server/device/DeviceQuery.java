package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;
import java.util.Optional;
import java.util.Set;

/** What the list of devices is asked for; empty sets and texts do not restrict. */
record DeviceQuery(
        String text,
        Set<DeviceState> states,
        Set<String> hardware,
        Set<String> models,
        Set<String> versions,
        Set<DeviceKind> kinds,
        Optional<Set<DeviceId>> members,
        Sort sort,
        boolean ascending,
        int limit,
        Optional<Cursor> cursor) {
    static final int MAX_LIMIT = 500;

    DeviceQuery after(Cursor place) {
        return new DeviceQuery(
                text, states, hardware, models, versions, kinds, members, sort, ascending, limit, Optional.of(place));
    }

    /** The order of the list; equal values are ordered by id, so that a cursor has one meaning. */
    enum Sort {
        ID("id", "d.id", "text collate \"C\""),
        STATE(
                "state",
                "array_position(array['FAILING', 'DEGRADED', 'QUARANTINED', 'UPDATING', 'UNKNOWN', 'OFFLINE',"
                        + " 'HEALTHY', 'RETIRED'], d.state)",
                "integer"),
        HARDWARE("hardware", "d.hardware_class", "text"),
        P95("p95", "coalesce(f.p95, -1)", "float8"),
        ENERGY("energy", "coalesce(f.energy, -1)", "float8"),
        LAST_SEEN("lastSeen", "coalesce(d.last_seen, 'epoch')", "timestamptz");

        private final String word;
        private final String expression;
        private final String type;

        Sort(String word, String expression, String type) {
            this.word = word;
            this.expression = expression;
            this.type = type;
        }

        String word() {
            return word;
        }

        String expression() {
            return expression;
        }

        String type() {
            return type;
        }
    }

    /** The last row of a page: the text of its sort value, and its id. */
    record Cursor(String value, String id) {}
}
