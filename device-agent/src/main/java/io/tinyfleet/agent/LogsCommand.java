package io.tinyfleet.agent;

import io.tinyfleet.agent.CommandLine.UsageException;
import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.agent.log.LogFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code logs}: what the agent has written, through its rotated files, and what it goes on writing. */
final class LogsCommand {
    private static final Pattern LINE = Pattern.compile("([0-9T:.-]+Z) (DEBUG|INFO|WARN|ERROR) .*");
    private static final Pattern AGO = Pattern.compile("([0-9]{1,6})([smhd])");
    private static final int MAX_LINES = 100_000;
    private static final Duration LOOK_AGAIN = Duration.ofMillis(300);

    private final Path folder;
    private final PrintStream out;
    private final EventLog.Level lowest;
    private final Instant since;
    private final int lines;
    /** Whether the last event was shown: what it carries on its next lines goes with it. */
    private boolean shown;

    private LogsCommand(Path folder, PrintStream out, EventLog.Level lowest, Instant since, int lines) {
        this.folder = folder;
        this.out = out;
        this.lowest = lowest;
        this.since = since;
        this.lines = lines;
    }

    /**
     * Options {@code --level}, {@code --since} (a time such as {@code 2026-03-01T12:00:00Z}, or {@code 90m}, {@code 2h},
     * {@code 3d} ago) and {@code --lines}, the last so many.
     */
    static LogsCommand of(CommandLine line, AgentHome home, Instant now, PrintStream out) throws UsageException {
        return new LogsCommand(
                home.log(), out, level(line.find("level").orElse("debug")), since(line, now), lines(line));
    }

    private static EventLog.Level level(String word) throws UsageException {
        if (!List.of("debug", "info", "warn", "error").contains(word)) {
            throw new UsageException("--level must be debug, info, warn or error, got " + word);
        }
        return EventLog.Level.valueOf(word.toUpperCase(Locale.ROOT));
    }

    private static Instant since(CommandLine line, Instant now) throws UsageException {
        String text = line.find("since").orElse("");
        Matcher ago = AGO.matcher(text);
        if (text.isEmpty()) {
            return Instant.MIN;
        }
        if (ago.matches()) {
            long number = Long.parseLong(ago.group(1));
            return now.minus(
                    switch (ago.group(2)) {
                        case "s" -> Duration.ofSeconds(number);
                        case "m" -> Duration.ofMinutes(number);
                        case "h" -> Duration.ofHours(number);
                        default -> Duration.ofDays(number);
                    });
        }
        try {
            return Instant.parse(text);
        } catch (DateTimeException e) {
            throw new UsageException(
                    "--since must be a time such as 2026-03-01T12:00:00Z, or 90m, 2h or 3d ago, got " + text);
        }
    }

    private static int lines(CommandLine line) throws UsageException {
        String text = line.find("lines").orElse(Integer.toString(MAX_LINES));
        if (!text.matches("[1-9][0-9]{0,5}") || Integer.parseInt(text) > MAX_LINES) {
            throw new UsageException("--lines must be 1.." + MAX_LINES + ", got " + text);
        }
        return Integer.parseInt(text);
    }

    /** Prints what is there; says where it would be when there is nothing. */
    void print() throws IOException {
        List<Path> files = LogFiles.files(folder);
        if (files.isEmpty()) {
            System.err.println("no log under " + folder + " yet: the agent writes it while it runs");
        }
        Deque<String> last = new ArrayDeque<>();
        for (Path file : files) {
            try (BufferedReader reader = Files.newBufferedReader(file)) {
                for (String text = reader.readLine(); text != null; text = reader.readLine()) {
                    keep(last, text);
                }
            }
        }
        last.forEach(out::println);
        out.flush();
    }

    private void keep(Deque<String> last, String text) {
        if (isWanted(text)) {
            last.addLast(text);
            if (last.size() > lines) {
                last.removeFirst();
            }
        }
    }

    /** Prints what is there and then each new line, until the process is ended. */
    void follow() throws IOException {
        print();
        Path file = folder.resolve("agent.log");
        long at = Files.exists(file) ? Files.size(file) : 0;
        while (!Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(LOOK_AGAIN.toNanos());
            long size = Files.exists(file) ? Files.size(file) : 0;
            if (size < at) {
                // Rotated: what was written before lies in the next older file, from where we were.
                copy(folder.resolve("agent.log.1"), at);
                at = 0;
            }
            if (size > at) {
                at = copy(file, at);
            }
        }
    }

    /** Prints whole lines from there on; answers the place behind the last one. */
    private long copy(Path file, long from) throws IOException {
        if (!Files.exists(file)) {
            return from;
        }
        long at = from;
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "r")) {
            bytes.seek(from);
            BufferedReader reader = new BufferedReader(
                    new InputStreamReader(Channels.newInputStream(bytes.getChannel()), StandardCharsets.UTF_8));
            for (String text = reader.readLine(); text != null; text = reader.readLine()) {
                long end = at + text.getBytes(StandardCharsets.UTF_8).length + 1;
                if (end > bytes.length()) {
                    // Half a line: it is read again when it is whole.
                    break;
                }
                at = end;
                if (isWanted(text)) {
                    out.println(text);
                }
            }
        }
        out.flush();
        return at;
    }

    private boolean isWanted(String text) {
        Matcher event = LINE.matcher(text);
        if (event.matches()) {
            shown = EventLog.Level.valueOf(event.group(2)).compareTo(lowest) >= 0
                    && !Instant.parse(event.group(1)).isBefore(since);
        }
        return shown;
    }
}
