package io.tinyfleet.server.platform.postgres;

import io.tinyfleet.server.platform.SecretFile;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A real PostgreSQL as a child of the server: durable (fsync and synchronous commit on), loopback TCP only with scram
 * passwords, no socket file, an own role and database, data kept between runs. The caller holds the {@link HomeLock}.
 */
public final class EmbeddedPostgres implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(EmbeddedPostgres.class);

    private static final String ROLE = "tinyfleet";
    private static final String SUPERUSER = "postgres";
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
    private static final int PORT_ATTEMPTS = 3;
    private static final int PASSWORD_BYTES = 24;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final PostgresBinaries binaries;
    private final Path folder;
    private final int port;
    private final String superuserPassword;
    private final String password;
    private boolean closed;

    private EmbeddedPostgres(
            PostgresBinaries binaries, Path folder, int port, String superuserPassword, String password) {
        this.binaries = binaries;
        this.folder = folder;
        this.port = port;
        this.superuserPassword = superuserPassword;
        this.password = password;
    }

    /**
     * Starts the database of one home, creating it on the first start.
     *
     * @param folder holds the data and the start log
     * @param keys holds the two generated passwords
     * @param programs where the programs are unpacked; may be shared between homes
     */
    public static EmbeddedPostgres start(Path folder, Path keys, Path programs) throws IOException {
        PostgresBinaries binaries = PostgresBinaries.unpack(programs);
        String superuserPassword = keptPassword(keys.resolve("postgres-superuser.password"));
        Path data = folder.resolve("data");
        if (!Files.isDirectory(data)) {
            create(binaries, folder, data, superuserPassword);
        }
        takeOver(binaries, folder, data);
        String password = keptPassword(keys.resolve("postgres.password"));
        IOException lastRefusal = new IOException("no attempt was made to start PostgreSQL");
        for (int attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
            int port = freePort();
            try {
                startOn(binaries, folder, data, port);
            } catch (IOException e) {
                lastRefusal = e; // The port may have been taken meanwhile: try another.
                continue;
            }
            EmbeddedPostgres started = new EmbeddedPostgres(binaries, folder, port, superuserPassword, password);
            started.prepareRole();
            started.prepareDatabase(ROLE);
            return started;
        }
        throw lastRefusal;
    }

    public String jdbcUrl() {
        return jdbcUrl(ROLE);
    }

    public String jdbcUrl(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    public String username() {
        return ROLE;
    }

    public String password() {
        return password;
    }

    /** Creates a database owned by the server's role unless it exists. */
    public void prepareDatabase(String name) throws IOException {
        requireSimpleName(name);
        try (Connection connection = superuser();
                Statement statement = connection.createStatement()) {
            try (ResultSet exists =
                    statement.executeQuery("select 1 from pg_database where datname = '" + name + "'")) {
                if (exists.next()) {
                    return;
                }
            }
            statement.execute("create database " + name + " owner " + ROLE);
            statement.execute("revoke connect on database " + name + " from public");
        } catch (SQLException e) {
            throw new IOException("cannot create the database " + name, e);
        }
    }

    /** Stops the database: open transactions are rolled back, everything committed is on disk. */
    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        stop(binaries, folder, folder.resolve("data"));
    }

    private void prepareRole() throws IOException {
        try (Connection connection = superuser();
                Statement statement = connection.createStatement()) {
            boolean exists;
            try (ResultSet found = statement.executeQuery("select 1 from pg_roles where rolname = '" + ROLE + "'")) {
                exists = found.next();
            }
            // The password is hexadecimal, so it needs no quoting.
            statement.execute((exists ? "alter" : "create") + " role " + ROLE + " login password '" + password + "'");
        } catch (SQLException e) {
            throw new IOException("cannot prepare the database role " + ROLE, e);
        }
    }

    private Connection superuser() throws SQLException {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(jdbcUrl(SUPERUSER));
        source.setUser(SUPERUSER);
        source.setPassword(superuserPassword);
        source.setLoginTimeout((int) START_LIMIT.toSeconds());
        return source.getConnection();
    }

    /** initdb beside the final place, then one move: a start that was cut off leaves no half data folder. */
    private static void create(PostgresBinaries binaries, Path folder, Path data, String superuserPassword)
            throws IOException {
        LOG.infof("database-create folder=%s", data);
        Path aside = folder.resolve("data.new");
        Folders.delete(aside);
        Path passwordFile = folder.resolve("initdb.password");
        SecretFile.write(passwordFile, superuserPassword);
        try {
            List<String> command = List.of(
                    binaries.program("initdb"),
                    "--pgdata=" + aside,
                    "--username=" + SUPERUSER,
                    "--auth=scram-sha-256",
                    "--pwfile=" + passwordFile,
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8");
            run(command, folder.resolve("initdb.log"), START_LIMIT);
        } finally {
            Files.deleteIfExists(passwordFile);
        }
        Files.move(aside, data, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void takeOver(PostgresBinaries binaries, Path folder, Path data) throws IOException {
        Postmaster left = Postmaster.find(data).orElse(null);
        if (left == null) {
            return;
        }
        if (left.ownsFolder()) {
            LOG.warnf("database-orphan-stopped pid=%d folder=%s", left.pid(), data);
            stop(binaries, folder, data);
            return;
        }
        LOG.warnf("database-stale-pid-file-deleted pid=%d folder=%s", left.pid(), data);
        Files.deleteIfExists(Postmaster.pidFile(data));
    }

    private static void startOn(PostgresBinaries binaries, Path folder, Path data, int port) throws IOException {
        Files.writeString(data.resolve("postgresql.conf"), settings(port), StandardCharsets.UTF_8);
        Files.writeString(
                data.resolve("pg_hba.conf"),
                "# Loopback with scram only; written at every start.\nhost all all 127.0.0.1/32 scram-sha-256\n",
                StandardCharsets.UTF_8);
        // pg_ctl puts the postmaster into a session of its own: a Ctrl-C meant for the server does not reach it.
        List<String> command = List.of(
                binaries.program("pg_ctl"),
                "start",
                "--pgdata=" + data,
                "--wait",
                "--timeout=" + START_LIMIT.toSeconds(),
                "--log=" + folder.resolve("postgres.log"));
        run(command, folder.resolve("start.log"), START_LIMIT.plusSeconds(10));
    }

    private static void stop(PostgresBinaries binaries, Path folder, Path data) throws IOException {
        List<String> command = List.of(
                binaries.program("pg_ctl"),
                "stop",
                "--pgdata=" + data,
                "--mode=fast",
                "--wait",
                "--timeout=" + STOP_LIMIT.toSeconds());
        run(command, folder.resolve("stop.log"), STOP_LIMIT.plusSeconds(10));
    }

    private static String settings(int port) {
        return String.join(
                "\n",
                "# Written by the server at every start; changes here are lost.",
                "listen_addresses = '127.0.0.1'",
                "port = " + port,
                "unix_socket_directories = ''",
                "password_encryption = 'scram-sha-256'",
                "max_connections = 60",
                "fsync = on",
                "synchronous_commit = on",
                "full_page_writes = on",
                "shared_buffers = '64MB'",
                "max_wal_size = '512MB'",
                "jit = off",
                "timezone = 'UTC'",
                "log_timezone = 'UTC'",
                "lc_messages = 'C'",
                // One file a weekday, written over after a week.
                "logging_collector = on",
                "log_directory = 'log'",
                "log_filename = 'postgres-%a.log'",
                "log_truncate_on_rotation = on",
                "log_rotation_age = '1d'",
                "log_rotation_size = 0",
                "");
    }

    /** As root through an own user namespace: PostgreSQL refuses to run with root's rights. */
    private static void run(List<String> command, Path log, Duration limit) throws IOException {
        List<String> whole = new ArrayList<>();
        if (runsAsRoot()) {
            whole.addAll(List.of("unshare", "-U"));
        }
        whole.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(whole)
                .redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("PG") || name.startsWith("LC_"));
        builder.environment().put("LANG", "C");
        Process process = builder.start();
        try {
            if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(command.get(0) + " did not end within " + limit.toSeconds() + " s; see " + log);
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + command.get(0) + " ran", e);
        }
        if (process.exitValue() != 0) {
            throw new IOException(command.get(0) + " ended with " + process.exitValue() + ": "
                    + Files.readString(log).strip() + (runsAsRoot() ? " (run as root through unshare -U)" : ""));
        }
    }

    private static boolean runsAsRoot() throws IOException {
        return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static String keptPassword(Path file) throws IOException {
        String password = SecretFile.readOrCreate(file, () -> {
            byte[] bytes = new byte[PASSWORD_BYTES];
            RANDOM.nextBytes(bytes);
            return HexFormat.of().formatHex(bytes);
        });
        if (!password.matches("[0-9a-f]{32,}")) {
            throw new IOException(file + " must hold a hexadecimal password and does not; restore it from a backup");
        }
        return password;
    }

    private static void requireSimpleName(String name) {
        if (!name.matches("[a-z][a-z0-9_]{0,30}")) {
            throw new IllegalArgumentException("a database name must match [a-z][a-z0-9_]{0,30}, got " + name);
        }
    }
}
