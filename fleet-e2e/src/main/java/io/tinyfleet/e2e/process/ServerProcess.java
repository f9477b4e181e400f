package io.tinyfleet.e2e.process;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A fleet server with its embedded database and broker, as a process of its own. */
public final class ServerProcess implements AutoCloseable {

    /** Flags of the quick start: a small heap that the collector gives back, and a quick start-up. */
    public static final List<String> JVM_FLAGS = List.of(
            "-XX:+UseSerialGC",
            "-Xms32m",
            "-Xmx192m",
            "-Xss512k",
            "-XX:TieredStopAtLevel=1",
            "-XX:MaxMetaspaceSize=192m",
            "-XX:ReservedCodeCacheSize=64m",
            "-XX:MaxDirectMemorySize=64m",
            "-Dio.netty.allocator.numDirectArenas=1",
            "-Dio.netty.allocator.numHeapArenas=1");

    private static final Duration START_LIMIT = Duration.ofSeconds(180);
    private static final Pattern READY = Pattern.compile("TINYFLEET READY http=(\\S+) mqtt=(\\S+)");
    private static final String PASSWORD = "TINYFLEET ADMIN PASSWORD ";

    private final LoggedProcess process;
    private final URI http;
    private final URI mqtt;

    private ServerProcess(LoggedProcess process, URI http, URI mqtt) {
        this.process = process;
        this.http = http;
        this.mqtt = mqtt;
    }

    /** Ports to listen on; 0 takes a free one. */
    public record Ports(int http, int mqtt) {
        public static final Ports FREE = new Ports(0, 0);
    }

    /** Starts a server on {@code home} and waits until it says that it is ready. */
    public static ServerProcess start(
            Installation installation, Path home, Ports ports, Path log, List<String> moreProperties)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(LoggedProcess.javaCommand());
        command.addAll(JVM_FLAGS);
        command.add("-Dtinyfleet.home=" + home.toAbsolutePath());
        command.add("-Dquarkus.http.port=" + ports.http());
        command.add("-Dtinyfleet.mqtt.port=" + ports.mqtt());
        command.addAll(moreProperties);
        command.add("-jar");
        command.add(installation.serverJar().toString());
        LoggedProcess process = LoggedProcess.start("server", command, Map.of(), log);
        try {
            Matcher ready = READY.matcher(process.awaitLine("TINYFLEET READY", START_LIMIT));
            if (!ready.find()) {
                throw new IllegalStateException("the server's ready line is not as expected:\n" + process.lastLines());
            }
            return new ServerProcess(process, URI.create(ready.group(1)), URI.create(ready.group(2)));
        } catch (RuntimeException failure) {
            process.close();
            throw failure;
        }
    }

    /** The administrator's password, which a server prints only when it makes one. */
    public Optional<String> adminPassword() {
        return process.findLine(PASSWORD)
                .map(line -> line.substring(PASSWORD.length()).strip());
    }

    public URI http() {
        return http;
    }

    public URI mqtt() {
        return mqtt;
    }

    public LoggedProcess process() {
        return process;
    }

    @Override
    public void close() {
        process.close();
    }
}
