package io.tinyfleet.server.live;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in the log of live events: the number of the writing transaction, then the row's own number. Readers take
 * only rows of transactions that are older than every one still running, so nothing ever appears behind a cursor.
 */
record Cursor(long transactionId, long id) implements Comparable<Cursor> {
    static final Cursor START = new Cursor(0, 0);

    private static final Pattern TEXT = Pattern.compile("([0-9]{1,18})-([0-9]{1,18})");
    private static final Comparator<Cursor> ORDER =
            Comparator.comparingLong(Cursor::transactionId).thenComparingLong(Cursor::id);

    static Optional<Cursor> parse(String text) {
        Matcher parts = TEXT.matcher(text);
        return parts.matches()
                ? Optional.of(new Cursor(Long.parseLong(parts.group(1)), Long.parseLong(parts.group(2))))
                : Optional.empty();
    }

    @Override
    public int compareTo(Cursor other) {
        return ORDER.compare(this, other);
    }

    boolean isAfter(Cursor other) {
        return compareTo(other) > 0;
    }

    @Override
    public String toString() {
        return transactionId + "-" + id;
    }
}
