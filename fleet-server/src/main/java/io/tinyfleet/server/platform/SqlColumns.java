package io.tinyfleet.server.platform;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows turned into one array a column, for {@code insert ... select ... from unnest(?, ?, ...)}: one statement for a
 * batch of any size, several times faster than a row at a time. One thread fills and binds it.
 */
public final class SqlColumns {
    private final List<String> types;
    private final List<List<@Nullable Object>> columns;
    private int rows;

    /** @param types PostgreSQL's name of each column's type, such as {@code text} or {@code bytea} */
    public SqlColumns(String... types) {
        this.types = List.of(types);
        this.columns = new ArrayList<>();
        this.types.forEach(type -> columns.add(new ArrayList<>()));
    }

    /** Adds a row; one value for each column. */
    public void add(@Nullable Object... values) {
        if (values.length != types.size()) {
            throw new IllegalArgumentException("a row has " + types.size() + " columns, got " + values.length);
        }
        for (int column = 0; column < values.length; column++) {
            columns.get(column).add(values[column]);
        }
        rows++;
    }

    public boolean isEmpty() {
        return rows == 0;
    }

    public int rows() {
        return rows;
    }

    /** Sets the arrays as parameters 1 to n. */
    public void bind(Connection connection, PreparedStatement statement) throws SQLException {
        for (int column = 0; column < types.size(); column++) {
            // The driver takes byte strings only in an array of their own type.
            Object[] values = types.get(column).equals("bytea")
                    ? columns.get(column).toArray(new byte[0][])
                    : columns.get(column).toArray();
            statement.setArray(column + 1, connection.createArrayOf(types.get(column), values));
        }
    }

    /** Runs the statement with these rows; does nothing without rows. */
    public int execute(Connection connection, String sql) throws SQLException {
        if (isEmpty()) {
            return 0;
        }
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(connection, statement);
            return statement.executeUpdate();
        }
    }
}
