package io.tinyfleet.server.delivery;

import jakarta.enterprise.context.ApplicationScoped;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The one key of links, made by the first replica that needs it. */
@ApplicationScoped
class LinkKeyRepository {
    private static final int KEY_BYTES = 32;

    private final DataSource database;
    private volatile byte @Nullable [] known;

    LinkKeyRepository(DataSource database) {
        this.database = database;
    }

    byte[] secret() {
        byte[] secret = known;
        if (secret == null) {
            secret = readOrMake();
            known = secret;
        }
        return secret.clone();
    }

    private byte[] readOrMake() {
        byte[] fresh = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(fresh);
        try (Connection connection = database.getConnection();
                PreparedStatement make = connection.prepareStatement(
                        "insert into link_key (id, secret) values (1, ?) on conflict (id) do nothing");
                PreparedStatement read = connection.prepareStatement("select secret from link_key where id = 1")) {
            make.setBytes(1, fresh);
            make.executeUpdate();
            try (ResultSet row = read.executeQuery()) {
                if (row.next()) {
                    return row.getBytes(1);
                }
                throw new IllegalStateException("the key of links was made and is gone");
            }
        } catch (SQLException e) {
            throw new IllegalStateException("the database refused the key of links", e);
        }
    }
}
