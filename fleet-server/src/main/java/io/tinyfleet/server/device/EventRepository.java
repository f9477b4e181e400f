package io.tinyfleet.server.device;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.v1.DeviceEvent;
import io.tinyfleet.server.platform.Database;
import io.tinyfleet.server.platform.SqlColumns;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** What happened on devices, append-only. */
@ApplicationScoped
class EventRepository {
    private final Database database;

    EventRepository(Database database) {
        this.database = database;
    }

    record ReceivedEvent(DeviceId device, DeviceEvent event, Instant receivedAt) {}

    record StoredEvent(Instant at, String code, String severity, Optional<String> slot, String detail) {}

    void store(Collection<ReceivedEvent> events) {
        SqlColumns columns =
                new SqlColumns("text", "timestamptz", "timestamptz", "text", "text", "text", "uuid", "bytea", "text");
        for (ReceivedEvent received : events) {
            DeviceEvent event = received.event();
            Instant at = event.getClockSynchronised() && event.getWallTimeMillis() > 0
                    ? Instant.ofEpochMilli(event.getWallTimeMillis())
                    : received.receivedAt();
            columns.add(
                    received.device().value(),
                    DeviceRepository.utc(received.receivedAt()),
                    DeviceRepository.utc(at),
                    event.getCode(),
                    event.getSeverity().name(),
                    event.getSlot().isEmpty() ? null : event.getSlot(),
                    event.getAttemptId().isEmpty()
                            ? null
                            : AttemptId.fromBytes(event.getAttemptId()).value(),
                    event.getArtifactSha256().isEmpty()
                            ? null
                            : event.getArtifactSha256().toByteArray(),
                    event.getDetail());
        }
        database.run(connection -> columns.execute(
                connection,
                "insert into device_event (device_id, received_at, at, code, severity, slot, attempt_id,"
                        + " artifact_sha256, detail) select * from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    }

    List<StoredEvent> newest(DeviceId device, int limit) {
        return database.query(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                    "select at, code, severity, slot, detail from device_event where device_id = ?"
                            + " order by id desc limit ?")) {
                statement.setString(1, device.value());
                statement.setInt(2, limit);
                List<StoredEvent> events = new ArrayList<>();
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        events.add(new StoredEvent(
                                DeviceRepository.requireInstant(row, "at"),
                                row.getString("code"),
                                row.getString("severity"),
                                Optional.ofNullable(row.getString("slot")),
                                row.getString("detail")));
                    }
                }
                return events;
            }
        });
    }

    int deleteReceivedBefore(Instant then) {
        return database.query(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("delete from device_event where received_at < ?")) {
                statement.setObject(1, DeviceRepository.utc(then));
                return statement.executeUpdate();
            }
        });
    }
}
