package io.tinyfleet.server.device;

import io.tinyfleet.protocol.Limits;
import io.tinyfleet.server.mqtt.InboundDeadLetters;
import io.tinyfleet.server.platform.Database;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Keeps the newest dead letters: a device that sends rubbish fills neither the disk nor the view of the others. */
@ApplicationScoped
class DeadLetterRepository implements InboundDeadLetters, DeadLetters {
    static final int MAX_KEPT = 1000;
    private static final int MAX_REASON_CHARACTERS = 500;
    private static final int MAX_TOPIC_CHARACTERS = 200;

    private final Database database;

    DeadLetterRepository(Database database) {
        this.database = database;
    }

    @Override
    public void add(String topic, String reason, byte[] payload, Instant receivedAt) {
        byte[] kept =
                payload.length > Limits.MAX_MESSAGE_BYTES ? Arrays.copyOf(payload, Limits.MAX_MESSAGE_BYTES) : payload;
        database.run(connection -> {
            try (PreparedStatement insert = connection.prepareStatement(
                    "insert into dead_letter (topic, reason, payload, received_at) values (?, ?, ?, ?)")) {
                insert.setString(1, text(topic, MAX_TOPIC_CHARACTERS));
                insert.setString(2, text(reason, MAX_REASON_CHARACTERS));
                insert.setBytes(3, kept);
                insert.setObject(4, DeviceRepository.utc(receivedAt));
                insert.executeUpdate();
            }
            try (PreparedStatement trim = connection.prepareStatement(
                    "delete from dead_letter where id <= (select max(id) from dead_letter) - ?")) {
                trim.setInt(1, MAX_KEPT);
                trim.executeUpdate();
            }
        });
    }

    /** PostgreSQL takes no NUL in a text. */
    private static String text(String given, int maxCharacters) {
        String clean = given.replace('\0', '\uFFFD');
        return clean.length() > maxCharacters ? clean.substring(0, maxCharacters) : clean;
    }

    @Override
    public List<DeadLetter> newest(int limit) {
        return database.query(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("select id, topic, reason,"
                    + " octet_length(payload) as bytes, received_at from dead_letter order by id desc limit ?")) {
                statement.setInt(1, limit);
                List<DeadLetter> letters = new ArrayList<>();
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        letters.add(new DeadLetter(
                                row.getLong("id"),
                                row.getString("topic"),
                                row.getString("reason"),
                                row.getInt("bytes"),
                                DeviceRepository.requireInstant(row, "received_at")));
                    }
                }
                return letters;
            }
        });
    }

    @Override
    public long count() {
        return database.query(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("select count(*) from dead_letter");
                    ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        });
    }
}
