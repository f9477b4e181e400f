package io.tinyfleet.server.telemetry;

import io.tinyfleet.server.platform.Database;
import io.tinyfleet.server.telemetry.TelemetryQueries.Point;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;

/** How much of the fleet was online, minute by minute. */
@ApplicationScoped
class FleetSampleRepository {
    private final Database database;

    FleetSampleRepository(Database database) {
        this.database = database;
    }

    /** The first replica to write a minute wins. */
    void add(Instant minute, long online, long total) {
        database.run(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                    "insert into fleet_sample (at, online, total) values (?, ?, ?) on conflict do nothing")) {
                statement.setObject(1, WindowRepository.utc(minute));
                statement.setLong(2, online);
                statement.setLong(3, total);
                statement.executeUpdate();
            }
        });
    }

    List<Point> onlineShares(Instant since, Duration step) {
        return database.query(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("select to_timestamp(floor(extract(epoch from at) / ?) * ?) as step,"
                            + " sum(online)::float8 / sum(total) as share from fleet_sample"
                            + " where at >= ? and total > 0 group by 1 order by 1")) {
                statement.setLong(1, step.toSeconds());
                statement.setLong(2, step.toSeconds());
                statement.setObject(3, WindowRepository.utc(since));
                List<Point> points = new ArrayList<>();
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        points.add(new Point(
                                row.getObject("step", OffsetDateTime.class).toInstant(), row.getDouble("share")));
                    }
                }
                return points;
            }
        });
    }

    void deleteBefore(Instant then) {
        database.run(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("delete from fleet_sample where at < ?")) {
                statement.setObject(1, WindowRepository.utc(then));
                statement.executeUpdate();
            }
        });
    }
}
