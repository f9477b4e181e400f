package io.tinyfleet.server;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.tinyfleet.server.platform.Home;
import io.tinyfleet.server.platform.ReadyApplication;
import io.tinyfleet.server.platform.postgres.EmbeddedPostgres;
import io.tinyfleet.server.platform.postgres.HomeLock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Locks the home, starts the embedded PostgreSQL unless another database is named, then Quarkus. On the way out
 * PostgreSQL stops last, when nothing writes any more.
 */
@QuarkusMain
public final class Main {
    private static final String JDBC_URL = "quarkus.datasource.jdbc.url";
    private static final String JDBC_URL_ENVIRONMENT = "QUARKUS_DATASOURCE_JDBC_URL";
    private static final long QUARKUS_STOP_LIMIT_SECONDS = 60;

    private Main() {}

    public static void main(String... args) {
        Home home = Home.fromEnvironment();
        if (System.getProperty(Home.PROPERTY + ".locked") != null) {
            Quarkus.run(ReadyApplication.class, args); // A live reload: the first call's lock and database still stand.
            return;
        }
        CountDownLatch quarkusStopped = new CountDownLatch(1);
        try {
            HomeLock lock = HomeLock.acquire(home.root());
            EmbeddedPostgres database = isDatabaseNamed() ? null : startDatabase(home);
            Runtime.getRuntime()
                    .addShutdownHook(new Thread(() -> stopAfter(quarkusStopped, database, lock), "database-stop"));
        } catch (IOException e) {
            System.err.println("TINYFLEET CANNOT START " + e.getMessage());
            System.exit(1);
            return;
        }
        System.setProperty(Home.PROPERTY, home.root().toString());
        System.setProperty(Home.PROPERTY + ".locked", "true");
        AtomicInteger exitCode = new AtomicInteger();
        try {
            Quarkus.run(ReadyApplication.class, (code, cause) -> exitCode.set(code), args);
        } finally {
            quarkusStopped.countDown();
        }
        System.exit(exitCode.get());
    }

    private static boolean isDatabaseNamed() {
        return System.getProperty(JDBC_URL) != null || System.getenv(JDBC_URL_ENVIRONMENT) != null;
    }

    private static EmbeddedPostgres startDatabase(Home home) throws IOException {
        Path folder = home.postgres();
        EmbeddedPostgres database = EmbeddedPostgres.start(folder, home.keys(), folder);
        System.setProperty(JDBC_URL, database.jdbcUrl());
        System.setProperty("quarkus.datasource.username", database.username());
        System.setProperty("quarkus.datasource.password", database.password());
        return database;
    }

    private static void stopAfter(CountDownLatch quarkusStopped, @Nullable EmbeddedPostgres database, HomeLock lock) {
        try (lock) {
            if (!quarkusStopped.await(QUARKUS_STOP_LIMIT_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("the application did not stop in time; stopping its database all the same");
            }
            if (database != null) {
                database.close();
            }
        } catch (IOException e) {
            Logger.getLogger(Main.class).error("database-stop-failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
