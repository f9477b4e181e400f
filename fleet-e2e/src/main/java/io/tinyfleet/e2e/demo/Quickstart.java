package io.tinyfleet.e2e.demo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tinyfleet.e2e.process.Await;
import io.tinyfleet.e2e.process.FleetApi;
import io.tinyfleet.e2e.process.FreePort;
import io.tinyfleet.e2e.process.Installation;
import io.tinyfleet.e2e.process.LoggedProcess;
import io.tinyfleet.e2e.process.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The main job in one program: server, three agents, three releases, three rollouts.
 *
 * <p>Without arguments it goes on running until SIGINT or SIGTERM. With {@code --check} it works in a temporary home,
 * checks the outcome, stops everything and prints one JSON object as its last line; the exit code is 0 only if all of
 * it holds.
 */
public final class Quickstart {

    private static final int STEPS = 7;
    private static final Duration WINDOWS_LIMIT = Duration.ofSeconds(90);
    private static final int WINDOWS_A_DEVICE = 3;
    private static final double SPEECH_AT_LEAST = 0.6;
    private static final double SILENCE_BELOW = 0.05;
    private static final int HTTP_PORT = 8080;
    private static final int MQTT_PORT = 1883;
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");

    private final Installation installation;
    private final Options options;
    private final Progress progress = new Progress(System.out, STEPS);
    /** Newest first: agents stop before the server that they talk to. */
    private final Deque<AutoCloseable> running = new ArrayDeque<>();

    private Quickstart(Installation installation, Options options) {
        this.installation = installation;
        this.options = options;
    }

    record Options(boolean check, boolean newPassword, Path home, OptionalInt httpPort) {

        static Options parse(String[] arguments) throws IOException {
            boolean check = false;
            boolean newPassword = false;
            Path home = Path.of(System.getenv().getOrDefault("TINYFLEET_HOME", ".tinyfleet"));
            OptionalInt port = OptionalInt.empty();
            for (String argument : arguments) {
                switch (argument) {
                    case "--check" -> check = true;
                    case "--new-password" -> newPassword = true;
                    default -> {
                        if (!argument.startsWith("--port=")) {
                            throw new IllegalArgumentException("unknown argument '" + argument
                                    + "'; known are --check, --new-password and --port=NUMBER");
                        }
                        port = OptionalInt.of(Integer.parseInt(argument.substring("--port=".length())));
                    }
                }
            }
            return check
                    ? new Options(true, false, Files.createTempDirectory("tinyfleet-check-"), OptionalInt.of(0))
                    : new Options(false, newPassword, home, port);
        }
    }

    /** Runs the quick start; see the class. */
    public static void main(String[] arguments) throws Exception {
        Options options;
        try {
            options = Options.parse(arguments);
        } catch (IllegalArgumentException wrong) {
            System.err.println("quickstart: " + wrong.getMessage());
            System.exit(2);
            return;
        }
        Quickstart quickstart = new Quickstart(Installation.ofSystemProperty(), options);
        Runtime.getRuntime().addShutdownHook(new Thread(quickstart::stopAll, "stop"));
        int exit;
        try {
            exit = quickstart.run();
        } catch (RuntimeException | IOException failure) {
            System.err.println("quickstart: " + failure.getMessage());
            System.err.println("quickstart: logs are in " + options.home().resolve("logs"));
            exit = 1;
        }
        System.exit(exit);
    }

    private int run() throws IOException {
        if (options.check()) {
            return check();
        }
        ServerProcess server = everything().server();
        banner(server);
        Await.until(
                "the server to stop",
                Duration.ofDays(3650),
                () -> !server.process().isAlive(),
                () -> server.process().lastLines());
        System.err.println("quickstart: the server has ended by itself; its log: "
                + server.process().log());
        return 1;
    }

    private record Stage(ServerProcess server, DemoFleet fleet, Map<DemoRelease, DemoFleet.Outcome> outcomes) {}

    private Stage everything() throws IOException {
        progress.step("Starting the server (embedded PostgreSQL and MQTT broker)");
        ServerProcess server = startServer();
        FleetApi api = login(server);
        DemoFleet fleet = new DemoFleet(installation, options.home(), server, api, progress);

        progress.step("Enrolling and starting " + DemoDevice.ALL.size() + " agents");
        for (DemoDevice device : DemoDevice.ALL) {
            LoggedProcess agent = fleet.startAgent(device);
            own(agent);
            progress.detail(device.id() + " is connected (process " + agent.pid() + ")");
        }

        progress.step("Publishing three releases of " + DemoRelease.MODEL);
        Map<DemoRelease, String> releases = new EnumMap<>(DemoRelease.class);
        for (DemoRelease release : DemoRelease.ALL) {
            releases.put(release, fleet.publish(release));
            progress.detail(release.version() + " from " + release.file()
                    + (release.selfTestAltered() ? ", with a self-test that devices must fail" : ""));
        }

        Map<DemoRelease, DemoFleet.Outcome> outcomes = new EnumMap<>(DemoRelease.class);
        for (DemoRelease release : DemoRelease.ALL) {
            progress.step("Rolling out " + DemoRelease.MODEL + " " + release.version());
            String id = fleet.startRollout(release, releases.getOrDefault(release, ""));
            outcomes.put(release, fleet.awaitEnd(id));
        }
        return new Stage(server, fleet, outcomes);
    }

    private ServerProcess startServer() throws IOException {
        Path log = options.home().resolve("logs").resolve("server.log");
        List<String> properties = new ArrayList<>();
        if (options.newPassword()) {
            properties.add("-Dtinyfleet.access.reset-admin-password=true");
        }
        ServerProcess server =
                ServerProcess.start(installation, options.home().resolve("server"), ports(), log, properties);
        own(server);
        return server;
    }

    /** Agents remember the broker's address, so the ports of the first run are kept. */
    private ServerProcess.Ports ports() throws IOException {
        if (options.check()) {
            return ServerProcess.Ports.FREE;
        }
        Path file = options.home().resolve("ports");
        int http = FreePort.takeOr(HTTP_PORT);
        int mqtt = FreePort.takeOr(MQTT_PORT);
        if (Files.exists(file)) {
            String[] kept = Files.readString(file).strip().split(" ", -1);
            http = Integer.parseInt(kept[0]);
            mqtt = Integer.parseInt(kept[1]);
        }
        http = options.httpPort().orElse(http);
        Files.createDirectories(options.home());
        Files.writeString(file, http + " " + mqtt + "\n");
        return new ServerProcess.Ports(http, mqtt);
    }

    /** The quick start's own key to the API: made with the first password, kept readable for its owner alone. */
    private FleetApi login(ServerProcess server) throws IOException {
        Path file = options.home().resolve("quickstart-token");
        Optional<String> password = server.adminPassword();
        if (password.isPresent()) {
            FleetApi admin = FleetApi.withPassword(server.http(), "admin", password.get());
            ObjectNode wanted = FleetApi.object();
            wanted.put("name", "quick start");
            wanted.putArray("roles").add("admin");
            String token = admin.post("/api/v1/tokens", wanted).path("token").asText();
            Files.deleteIfExists(file);
            Files.createFile(file, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
            Files.writeString(file, token, StandardOpenOption.TRUNCATE_EXISTING);
            return FleetApi.withToken(server.http(), token);
        }
        if (!Files.exists(file)) {
            throw new IllegalStateException(
                    file + " is missing, and the administrator's password is not known any more;"
                            + " run ./quickstart --new-password");
        }
        return FleetApi.withToken(server.http(), Files.readString(file).strip());
    }

    private void banner(ServerProcess server) {
        progress.step("Everything runs. Ctrl-C stops it; ./quickstart again goes on from here");
        System.out.println();
        System.out.println("  Console   " + server.http());
        System.out.println("  Login     admin");
        System.out.println("  Password  "
                + server.adminPassword()
                        .orElse("as printed at the first start (./quickstart --new-password makes another)"));
        System.out.println("  Data      " + options.home().toAbsolutePath().normalize());
        System.out.println();
        System.out.flush();
    }

    private int check() throws IOException {
        CheckResult result;
        try {
            Stage stage = everything();
            progress.step("Checking what the server has stored");
            result = CheckResult.read(stage.fleet(), stage.outcomes(), WINDOWS_A_DEVICE, WINDOWS_LIMIT);
        } finally {
            stopAll();
        }
        List<String> problems = result.problems(SPEECH_AT_LEAST, SILENCE_BELOW);
        problems.forEach(problem -> System.err.println("check: " + problem));
        boolean holds = problems.isEmpty();
        if (holds) {
            deleteHome();
        } else {
            System.err.println("check: kept for a look: " + options.home());
        }
        System.out.println(result.toJson(progress.elapsed().toSeconds()));
        return holds ? 0 : 1;
    }

    private void deleteHome() {
        try (Stream<Path> paths = Files.walk(options.home())) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("could not remove " + options.home(), failure);
        }
    }

    private synchronized void own(AutoCloseable process) {
        running.push(process);
    }

    private synchronized void stopAll() {
        while (!running.isEmpty()) {
            try {
                running.pop().close();
            } catch (Exception failure) {
                System.err.println("quickstart: while stopping: " + failure.getMessage());
            }
        }
    }
}
