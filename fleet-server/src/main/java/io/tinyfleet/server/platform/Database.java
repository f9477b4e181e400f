package io.tinyfleet.server.platform;

import io.agroal.api.AgroalDataSource;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

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

    /** Sets the parameters of a statement. */
    @FunctionalInterface
    public interface Binding {
        /** For a statement without parameters. */
        Binding NONE = (statement, connection) -> {};

        void bind(PreparedStatement statement, Connection connection) throws SQLException;
    }

    /** Makes a value of one row. */
    @FunctionalInterface
    public interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
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

    /** What the reader makes of each row, in the order of the rows. */
    public <T> List<T> list(String sql, Binding binding, RowReader<T> reader) {
        return query(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                binding.bind(statement, connection);
                try (ResultSet rows = statement.executeQuery()) {
                    List<T> read = new ArrayList<>();
                    while (rows.next()) {
                        read.add(reader.read(rows));
                    }
                    return read;
                }
            }
        });
    }

    /** Runs a statement that gives no rows; says how many it changed. */
    public int update(String sql, Binding binding) {
        return query(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                binding.bind(statement, connection);
                return statement.executeUpdate();
            }
        });
    }
}
