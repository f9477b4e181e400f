package io.tinyfleet.server.device;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.server.platform.Database;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;

/** What devices say they run, without saying which device. */
@ApplicationScoped
public class RunningArtifacts {
    private final Database database;

    RunningArtifacts(Database database) {
        this.database = database;
    }

    /** An artifact that runs somewhere, and the model it is a version of. */
    public record Running(String model, Digest artifact, long devices) {}

    /** Those on most devices first, at most {@code limit}. */
    public List<Running> list(int limit) {
        return database.query(connection -> {
            try (PreparedStatement select = connection.prepareStatement("""
                    select active_model, active_sha256, count(*) as devices from device_slot
                    where active_sha256 is not null and active_model is not null
                    group by active_model, active_sha256 order by devices desc, active_model, active_sha256 limit ?
                    """)) {
                select.setInt(1, limit);
                List<Running> running = new ArrayList<>();
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        running.add(new Running(
                                rows.getString("active_model"),
                                Digest.fromBytes(rows.getBytes("active_sha256")),
                                rows.getLong("devices")));
                    }
                }
                return running;
            }
        });
    }
}
