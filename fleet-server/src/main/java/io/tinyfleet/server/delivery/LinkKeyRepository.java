package io.tinyfleet.server.delivery;

import io.tinyfleet.server.platform.Database;
import io.tinyfleet.server.platform.Database.Binding;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/** The one key of links, made by the first replica that needs it. */
@ApplicationScoped
class LinkKeyRepository {
    private static final int KEY_BYTES = 32;

    private final Database database;
    private volatile byte @Nullable [] known;

    LinkKeyRepository(Database database) {
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
        database.update(
                "insert into link_key (id, secret) values (1, ?) on conflict (id) do nothing",
                (statement, connection) -> statement.setBytes(1, fresh));
        return database.list("select secret from link_key where id = 1", Binding.NONE, row -> row.getBytes(1)).stream()
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("the key of links was made and is gone"));
    }
}
