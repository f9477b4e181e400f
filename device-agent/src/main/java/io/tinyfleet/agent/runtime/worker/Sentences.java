package io.tinyfleet.agent.runtime.worker;

/** Native libraries explain themselves at length: a report holds one line of it. */
final class Sentences {

    private static final int MAX_CHARS = 240;

    private Sentences() {}

    static String firstOf(Throwable cause) {
        String message = String.valueOf(cause.getMessage()).strip();
        int lineEnd = message.indexOf('\n');
        String line = lineEnd < 0 ? message : message.substring(0, lineEnd);
        return line.length() <= MAX_CHARS ? line : line.substring(0, MAX_CHARS) + "…";
    }
}
