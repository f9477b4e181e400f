package io.tinyfleet.server.telemetry;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.tinyfleet.server.platform.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/** Makes the days of windows ahead, and drops the old ones whole. */
@ApplicationScoped
class WindowPartitions {
    private static final Logger LOG = Logger.getLogger(WindowPartitions.class);
    private static final int DAYS_AHEAD = 3;
    /** Serialises makers of partitions over all replicas; any number that nobody else uses. */
    private static final long LOCK = 0x74665f77696e646fL;

    private static final String PREFIX = "telemetry_window_";
    private static final DateTimeFormatter SUFFIX = DateTimeFormatter.BASIC_ISO_DATE;

    private final Database database;
    private final TelemetryConfig config;
    private final InstantSource clock;
    private final Set<LocalDate> made = ConcurrentHashMap.newKeySet();

    WindowPartitions(Database database, TelemetryConfig config, InstantSource clock) {
        this.database = database;
        this.config = config;
        this.clock = clock;
    }

    void start(@Observes StartupEvent event) {
        maintain();
    }

    @Scheduled(every = "1h", delayed = "1h", concurrentExecution = ConcurrentExecution.SKIP)
    void maintain() {
        LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
        QuarkusTransaction.requiringNew().run(() -> {
            for (int ahead = 0; ahead <= DAYS_AHEAD; ahead++) {
                ensure(today.plusDays(ahead));
            }
            dropBefore(today.minusDays(config.keepWindowDays()));
        });
    }

    /** In the caller's transaction; costs nothing for a day that is known. */
    void ensure(LocalDate day) {
        if (made.contains(day)) {
            return;
        }
        database.run(connection -> {
            lock(connection);
            try (Statement statement = connection.createStatement()) {
                statement.execute("create table if not exists " + PREFIX + SUFFIX.format(day)
                        + " partition of telemetry_window for values from ('" + day + "') to ('" + day.plusDays(1)
                        + "')");
            }
        });
        // A rollback would take the table back: remembered only when it is seen again, in a later transaction.
        if (exists(day)) {
            made.add(day);
        }
    }

    private boolean exists(LocalDate day) {
        return QuarkusTransaction.requiringNew()
                .call(() -> database.query(connection -> {
                    try (PreparedStatement statement = connection.prepareStatement("select to_regclass(?)")) {
                        statement.setString(1, PREFIX + SUFFIX.format(day));
                        try (ResultSet row = statement.executeQuery()) {
                            return row.next() && row.getString(1) != null;
                        }
                    }
                }));
    }

    private void dropBefore(LocalDate oldest) {
        database.run(connection -> {
            lock(connection);
            List<String> old = new ArrayList<>();
            try (PreparedStatement statement = connection.prepareStatement(
                            "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid"
                                    + " where i.inhparent = 'telemetry_window'::regclass");
                    ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    String name = row.getString(1);
                    if (LocalDate.parse(name.substring(PREFIX.length()), SUFFIX).isBefore(oldest)) {
                        old.add(name);
                    }
                }
            }
            for (String name : old) {
                try (Statement statement = connection.createStatement()) {
                    statement.execute("drop table " + name);
                }
                LOG.infof("windows dropped partition=%s", name);
            }
        });
    }

    private static void lock(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("select pg_advisory_xact_lock(?)")) {
            statement.setLong(1, LOCK);
            statement.execute();
        }
    }
}
