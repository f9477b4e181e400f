package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.v1.DownloadPolicy;
import io.tinyfleet.server.platform.Database;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The rules that operators gave to devices; most devices have none. */
@ApplicationScoped
class DownloadPolicyRepository {
    private final Database database;

    DownloadPolicyRepository(Database database) {
        this.database = database;
    }

    Optional<DownloadPolicy> find(DeviceId device) {
        return Optional.ofNullable(list(Set.of(device)).get(device));
    }

    Map<DeviceId, DownloadPolicy> list(Collection<DeviceId> devices) {
        Map<DeviceId, DownloadPolicy> policies = new LinkedHashMap<>();
        database.list(
                "select * from download_policy where device_id = any(?)",
                (statement, connection) -> statement.setArray(
                        1,
                        connection.createArrayOf(
                                "text", devices.stream().map(DeviceId::value).toArray())),
                row -> policies.put(new DeviceId(row.getString("device_id")), policy(row)));
        return policies;
    }

    private static DownloadPolicy policy(ResultSet row) throws SQLException {
        return DownloadPolicy.newBuilder()
                .setMaxBytesPerSecond(row.getLong("max_bytes_per_second"))
                .setMetered(row.getBoolean("metered"))
                .setMeteredMaxBytes(row.getLong("metered_max_bytes"))
                .setPreferHttps(row.getBoolean("prefer_https"))
                .build();
    }

    void put(DeviceId device, DownloadPolicy policy, Instant at, String by) {
        database.update("""
                        insert into download_policy (device_id, max_bytes_per_second, metered, metered_max_bytes,
                            prefer_https, changed_at, changed_by) values (?, ?, ?, ?, ?, ?, ?)
                        on conflict (device_id) do update set max_bytes_per_second = excluded.max_bytes_per_second,
                            metered = excluded.metered, metered_max_bytes = excluded.metered_max_bytes,
                            prefer_https = excluded.prefer_https, changed_at = excluded.changed_at,
                            changed_by = excluded.changed_by
                        """, (statement, connection) -> {
            statement.setString(1, device.value());
            statement.setLong(2, policy.getMaxBytesPerSecond());
            statement.setBoolean(3, policy.getMetered());
            statement.setLong(4, policy.getMeteredMaxBytes());
            statement.setBoolean(5, policy.getPreferHttps());
            statement.setObject(6, at.atOffset(ZoneOffset.UTC));
            statement.setString(7, by);
        });
    }
}
