package io.tinyfleet.agent.log;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Writes one line an event to standard error and, in a running agent, to files: {@code 2026-01-01T00:00:00.000Z INFO link connected url=tcp://…}.
 *
 * <p>Forty lines of our own instead of a logging framework, which would cost a light agent megabytes and a start-up
 * second. Thread-safe: a line is written in one call.
 */
public final class EventLog {

    /** How much trouble a line tells of; {@code ERROR} alone carries a stack trace, because it is a bug of ours. */
    public enum Level {
        DEBUG,
        INFO,
        WARN,
        ERROR
    }

    /** Longer values are cut, so that nothing from outside can flood the log. */
    private static final int MAX_VALUE_CHARS = 400;

    private static volatile @Nullable LogFiles files;

    private static volatile Level lowest =
            Level.valueOf(System.getProperty("tinyfleet.log", "info").toUpperCase(Locale.ROOT));

    private final String source;
    private final PrintStream out;
    private final InstantSource clock;

    EventLog(String source, PrintStream out, InstantSource clock) {
        this.source = source;
        this.out = out;
        this.clock = clock;
    }

    /** A log whose lines carry the given part of the agent, such as {@code link}. */
    public static EventLog of(String source) {
        return new EventLog(source, System.err, InstantSource.system());
    }

    /** Every line goes there too, from now on. */
    public static void keepIn(LogFiles kept) {
        files = kept;
    }

    public static void setLowest(Level level) {
        lowest = level;
    }

    /** {@code keysAndValues} alternate: a key, its value, the next key, … */
    public void debug(String event, @Nullable Object... keysAndValues) {
        line(Level.DEBUG, event, keysAndValues);
    }

    public void info(String event, @Nullable Object... keysAndValues) {
        line(Level.INFO, event, keysAndValues);
    }

    public void warn(String event, @Nullable Object... keysAndValues) {
        line(Level.WARN, event, keysAndValues);
    }

    /** A bug: something that our own code should have made impossible. */
    public void error(String event, Throwable bug, @Nullable Object... keysAndValues) {
        line(Level.ERROR, event, keysAndValues);
        if (lowest.compareTo(Level.ERROR) <= 0) {
            StringWriter trace = new StringWriter();
            bug.printStackTrace(new PrintWriter(trace));
            print(trace.toString().stripTrailing());
        }
    }

    private void line(Level level, String event, @Nullable Object... keysAndValues) {
        if (level.compareTo(lowest) < 0) {
            return;
        }
        StringBuilder line = new StringBuilder(120);
        line.append(clock.instant().truncatedTo(ChronoUnit.MILLIS))
                .append(' ')
                .append(level)
                .append(' ')
                .append(source)
                .append(' ')
                .append(event);
        for (int i = 0; i + 1 < keysAndValues.length; i += 2) {
            line.append(' ').append(keysAndValues[i]).append('=').append(quoted(String.valueOf(keysAndValues[i + 1])));
        }
        print(line.toString());
    }

    private void print(String line) {
        out.println(line);
        LogFiles kept = files;
        if (kept != null) {
            kept.write(clock.instant().truncatedTo(ChronoUnit.MILLIS).toString(), line);
        }
    }

    private static String quoted(String value) {
        String cut = value.length() > MAX_VALUE_CHARS ? value.substring(0, MAX_VALUE_CHARS) + "…" : value;
        boolean plain = !cut.isEmpty() && cut.chars().allMatch(c -> c > ' ' && c != '"' && c != '=' && c != 127);
        if (plain) {
            return cut;
        }
        StringBuilder safe = new StringBuilder("\"");
        cut.chars().forEach(c -> {
            if (c == '"' || c == '\\') {
                safe.append('\\').append((char) c);
            } else {
                safe.append(c < ' ' || c == 127 ? ' ' : (char) c);
            }
        });
        return safe.append('"').toString();
    }
}
