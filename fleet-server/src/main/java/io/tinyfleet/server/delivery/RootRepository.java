package io.tinyfleet.server.delivery;

import io.tinyfleet.server.platform.Database;
import io.tinyfleet.server.platform.Database.Binding;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Arrays;
import java.util.Optional;

/** {@link RootChain} in the database. */
@ApplicationScoped
class RootRepository implements RootChain {
    private final Database database;

    RootRepository(Database database) {
        this.database = database;
    }

    @Override
    public long newestVersion() {
        return database.list(
                        "select coalesce(max(version), 0) newest from trust_root",
                        Binding.NONE,
                        row -> row.getLong("newest"))
                .get(0);
    }

    @Override
    public Optional<byte[]> find(long version) {
        return database
                .list(
                        "select envelope from trust_root where version = ?",
                        (statement, connection) -> statement.setLong(1, version),
                        row -> row.getBytes("envelope"))
                .stream()
                .findFirst();
    }

    @Override
    public boolean store(long version, byte[] envelope) {
        database.update(
                "insert into trust_root (version, envelope) values (?, ?) on conflict (version) do nothing",
                (statement, connection) -> {
                    statement.setLong(1, version);
                    statement.setBytes(2, envelope);
                });
        return find(version).filter(stored -> Arrays.equals(stored, envelope)).isPresent();
    }
}
