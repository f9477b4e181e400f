package io.tinyfleet.server.device;

import java.util.ArrayList;
import java.util.List;

/**
 * Which numbers of one stream of one boot are stored: all from 1 to {@code upTo}, and a few ranges beyond it when
 * messages came out of order.
 *
 * @param beyond ascending, apart from each other and from {@code upTo} by at least one missing number
 * @param skipped how many numbers the device gave up
 */
record StoredMarks(long upTo, List<Range> beyond, long skipped) {
    /** Ranges kept beyond the prefix. A message that would need one more is left for the device to send again. */
    static final int MAX_RANGES = 256;

    static final StoredMarks NONE = new StoredMarks(0, List.of(), 0);

    record Range(long first, long last) {
        Range {
            if (first < 1 || last < first) {
                throw new IllegalArgumentException("a range of numbers must go up from 1, got " + first + ".." + last);
            }
        }

        private long count() {
            return last - first + 1;
        }
    }

    StoredMarks {
        beyond = List.copyOf(beyond);
    }

    boolean contains(long seq) {
        return seq <= upTo || beyond.stream().anyMatch(range -> range.first <= seq && seq <= range.last);
    }

    /** Marks a stored number. */
    StoredMarks store(long seq) {
        return merge(new Range(seq, seq), 0);
    }

    /** Marks numbers that will never come; those that were stored before are not counted as lost. */
    StoredMarks skip(Range given) {
        long stored = Math.max(0, Math.min(given.last, upTo) - given.first + 1);
        for (Range range : beyond) {
            stored += Math.max(0, Math.min(given.last, range.last) - Math.max(given.first, range.first) + 1);
        }
        return merge(given, given.count() - stored);
    }

    boolean hasRoom() {
        return beyond.size() <= MAX_RANGES;
    }

    private StoredMarks merge(Range added, long newlySkipped) {
        long prefix = upTo;
        long first = added.first;
        long last = added.last;
        List<Range> apart = new ArrayList<>();
        for (Range range : beyond) {
            if (range.last < first - 1 || range.first > last + 1) {
                apart.add(range);
            } else {
                first = Math.min(first, range.first);
                last = Math.max(last, range.last);
            }
        }
        if (first <= prefix + 1) {
            prefix = Math.max(prefix, last);
        } else {
            apart.add(new Range(first, last));
            apart.sort((a, b) -> Long.compare(a.first, b.first));
        }
        // A prefix that has grown may touch the ranges behind it.
        while (!apart.isEmpty() && apart.get(0).first <= prefix + 1) {
            prefix = Math.max(prefix, apart.remove(0).last);
        }
        return new StoredMarks(prefix, apart, skipped + newlySkipped);
    }
}
