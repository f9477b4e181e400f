package io.tinyfleet.agent.link;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real broker, where the machine has one installed. Sessions live in memory and end with it. */
public final class Mosquitto implements AutoCloseable {
    private static final int MAX_LINES = 1000;

    private final Path folder;
    private final String scheme;
    private final int port;
    private Process process;

    private Mosquitto(Path folder, String scheme, int port, Process process) {
        this.folder = folder;
        this.scheme = scheme;
        this.port = port;
        this.process = process;
    }

    public static Optional<Path> findInstalled() {
        return Stream.of("/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto")
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst();
    }

    public static Mosquitto start(Path folder) throws IOException {
        return start(folder, "tcp", "");
    }

    /** With a certificate of {@code src/test/resources/tls}. */
    static Mosquitto startTls(Path folder, String certificate) throws IOException {
        Path files = Path.of("src/test/resources/tls").toAbsolutePath();
        return start(
                folder,
                "ssl",
                "certfile " + files.resolve(certificate + ".pem") + "\nkeyfile " + files.resolve(certificate + ".key")
                        + "\n");
    }

    private static Mosquitto start(Path folder, String scheme, String more) throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Files.writeString(
                folder.resolve("mosquitto.conf"),
                "listener " + port + " 127.0.0.1\nallow_anonymous true\n"
                        // As root it would become another user, who may not read the key.
                        + "user " + System.getProperty("user.name") + "\n" + more);
        return new Mosquitto(folder, scheme, port, launch(folder));
    }

    private static Process launch(Path folder) throws IOException {
        Process process = new ProcessBuilder(
                        findInstalled().orElseThrow().toString(),
                        "-v",
                        "-c",
                        folder.resolve("mosquitto.conf").toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.PIPE)
                .start();
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (int i = 0; i < MAX_LINES; i++) {
            String line = lines.readLine();
            if (line == null) {
                throw new IOException("mosquitto ended with " + process.exitValue());
            }
            if (line.contains("running")) {
                drain(lines);
                return process;
            }
        }
        throw new IOException("mosquitto did not say that it runs");
    }

    /** A full pipe would stop the broker. */
    private static void drain(BufferedReader lines) {
        Thread thread = new Thread(() -> lines.lines().forEach(line -> {}), "mosquitto-log");
        thread.setDaemon(true);
        thread.start();
    }

    public String url() {
        return scheme + "://127.0.0.1:" + port;
    }

    int port() {
        return port;
    }

    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }

    public void restart() throws IOException {
        process = launch(folder);
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }
}
