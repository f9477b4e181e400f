package io.tinyfleet.e2e.process;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A child process whose output goes to a log file and can be awaited line by line.
 *
 * <p>Lines are kept in memory up to a limit; the file has them all. A virtual machine that is told to end takes its
 * children along. Safe for use by several threads.
 */
public final class LoggedProcess implements AutoCloseable {

    private static final int LINES_KEPT = 2_000;
    private static final int LINES_IN_A_REPORT = 25;
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    private static final Set<Process> ALIVE = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> ALIVE.forEach(Process::destroy), "end-children"));
    }

    private final String name;
    private final Process process;
    private final Path log;
    private final Thread reader;
    private final List<String> lines = new ArrayList<>();

    private LoggedProcess(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
        this.reader = new Thread(this::copyOutput, name + "-output");
        this.reader.setDaemon(true);
        this.reader.start();
    }

    /**
     * Starts a program.
     *
     * @param log file that output is appended to; its folder is made
     */
    public static LoggedProcess start(String name, List<String> command, Map<String, String> environment, Path log)
            throws IOException {
        Files.createDirectories(log.toAbsolutePath().getParent());
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.environment().putAll(environment);
        Process process = builder.start();
        ALIVE.add(process);
        process.onExit().thenAccept(ALIVE::remove);
        return new LoggedProcess(name, process, log);
    }

    /** The java command of the running virtual machine. */
    public static String javaCommand() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private void copyOutput() {
        try (BufferedReader in = process.inputReader(StandardCharsets.UTF_8);
                BufferedWriter out =
                        Files.newBufferedWriter(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                out.write(line);
                out.newLine();
                out.flush();
                synchronized (lines) {
                    if (lines.size() >= LINES_KEPT) {
                        lines.subList(0, LINES_KEPT / 2).clear();
                    }
                    lines.add(line);
                }
            }
        } catch (IOException endOfStream) {
            // A killed process closes its pipe in the middle of a line: its exit tells the story.
            synchronized (lines) {
                lines.add("(output ended: " + endOfStream.getMessage() + ")");
            }
        }
    }

    /** The newest line that starts with {@code prefix}. */
    public Optional<String> findLine(String prefix) {
        synchronized (lines) {
            for (int at = lines.size() - 1; at >= 0; at--) {
                if (lines.get(at).startsWith(prefix)) {
                    return Optional.of(lines.get(at));
                }
            }
        }
        return Optional.empty();
    }

    /** Waits for a line that starts with {@code prefix}; a process that ends before is an error with its last lines. */
    public String awaitLine(String prefix, Duration deadline) {
        Await.until(
                name + " to print '" + prefix + "'",
                deadline,
                () -> findLine(prefix).isPresent() || !process.isAlive(),
                this::lastLines);
        return findLine(prefix)
                .orElseThrow(() -> new IllegalStateException(name + " ended with exit code " + process.exitValue()
                        + " before it printed '" + prefix + "'. Last lines of " + log + ":\n" + lastLines()));
    }

    public String lastLines() {
        synchronized (lines) {
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LINES_IN_A_REPORT), lines.size()));
        }
    }

    public String name() {
        return name;
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public Path log() {
        return log;
    }

    /** Waits for the process to end by itself and answers its exit code. */
    public int awaitExit(Duration deadline) {
        Await.until(name + " to end", deadline, () -> !process.isAlive(), this::lastLines);
        joinReader();
        return process.exitValue();
    }

    /** SIGKILL: a power cut for this process. */
    public void kill() {
        process.destroyForcibly();
        awaitExit(STOP_LIMIT);
    }

    /** SIGTERM, and SIGKILL for one that does not end in time. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
            joinReader();
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private void joinReader() {
        try {
            reader.join(STOP_LIMIT.toMillis());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException("interrupted while reading the output of " + name));
        }
    }
}
