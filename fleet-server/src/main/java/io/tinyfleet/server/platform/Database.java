package io.tinyfleet.server.platform;

import io.agroal.api.AgroalDataSource;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Plain SQL, for what goes in sets: ingest, lists with facets, counts. Inside a transaction every call gets that
 * transaction's connection.
 */
@ApplicationScoped
public class Database {
    private final AgroalDataSource source;

    Database(AgroalDataSource source) {
        this.source = source;
    }

    /** Work that needs a connection and gives a result. */
    @FunctionalInterface
    public interface Query<T> {
        T run(Connection connection) throws SQLException;
    }

    /** Work that needs a connection. */
    @FunctionalInterface
    public interface Work {
        void run(Connection connection) throws SQLException;
    }

    /** Thrown instead of the checked one: a caller cannot repair SQL, only try the whole transaction again. */
    public static final class DatabaseException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        DatabaseException(SQLException cause) {
            super(cause.getMessage(), cause);
        }
    }

    public <T> T query(Query<T> query) {
        try (Connection connection = source.getConnection()) {
            return query.run(connection);
        } catch (SQLException e) {
            throw new DatabaseException(e);
        }
    }

    public void run(Work work) {
        try (Connection connection = source.getConnection()) {
            work.run(connection);
        } catch (SQLException e) {
            throw new DatabaseException(e);
        }
    }
}
