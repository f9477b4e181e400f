package io.tinyfleet.server.platform;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.tinyfleet.server.platform.postgres.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.commons.io.file.PathUtils;

/**
 * A real PostgreSQL for all tests of the JVM, and for each start of the application (one a test profile) an empty
 * database and home of its own. What is known of it is kept in system properties, because each profile loads this class
 * again.
 */
public final class DatabaseResource implements QuarkusTestResourceLifecycleManager {
    private static final String SERVER = "tinyfleet.test.postgres.server";
    private static final String USERNAME = "tinyfleet.test.postgres.username";
    private static final String PASSWORD = "tinyfleet.test.postgres.password";
    private static final String STARTS = "tinyfleet.test.postgres.starts";
    private static final int MAX_STARTS = 6;

    @Override
    public Map<String, String> start() {
        try {
            if (System.getProperty(SERVER) == null) {
                startPostgres();
            }
            int start = Integer.getInteger(STARTS, 0) + 1;
            if (start > MAX_STARTS) {
                throw new IllegalStateException("at most " + MAX_STARTS + " test profiles, each costs a restart");
            }
            System.setProperty(STARTS, Integer.toString(start));
            Path home = Files.createTempDirectory("tinyfleet-home-");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(home)));
            return Map.of(
                    "quarkus.datasource.jdbc.url", System.getProperty(SERVER) + "/" + databaseOf(start),
                    "quarkus.datasource.username", System.getProperty(USERNAME),
                    "quarkus.datasource.password", System.getProperty(PASSWORD),
                    "tinyfleet.home", home.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void stop() {
        // The same PostgreSQL serves the next profile; the shutdown hook ends it.
    }

    private static void startPostgres() throws IOException {
        Path folder = Files.createTempDirectory("tinyfleet-postgres-");
        EmbeddedPostgres postgres =
                EmbeddedPostgres.start(folder, folder, Path.of("target").toAbsolutePath());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(postgres, folder)));
        for (int start = 1; start <= MAX_STARTS; start++) {
            postgres.prepareDatabase(databaseOf(start));
        }
        System.setProperty(USERNAME, postgres.username());
        System.setProperty(PASSWORD, postgres.password());
        System.setProperty(SERVER, postgres.jdbcUrl().replaceFirst("/[^/]*$", ""));
    }

    private static String databaseOf(int start) {
        return "test_" + start;
    }

    private static void stop(EmbeddedPostgres postgres, Path folder) {
        try {
            postgres.close();
        } catch (IOException e) {
            System.err.println("the tests' PostgreSQL did not stop: " + e.getMessage());
        }
        delete(folder);
    }

    private static void delete(Path folder) {
        try {
            PathUtils.deleteDirectory(folder);
        } catch (IOException e) {
            System.err.println("cannot delete " + folder + ": " + e.getMessage());
        }
    }
}
