package io.tinyfleet.server.enrolment;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How often one address may try in a minute: plenty for those who know a token, few for those who guess. Kept for the
 * addresses seen last. Any thread may call.
 */
final class AttemptBudget {
    static final Duration PERIOD = Duration.ofMinutes(1);
    private static final int MAX_ADDRESSES = 10_000;

    private record Spent(Instant since, int attempts, int failures) {}

    private final int maxAttempts;
    private final int maxFailures;
    private final Map<String, Spent> spent = new LinkedHashMap<>(16, 0.75f, true);

    AttemptBudget(int maxAttempts, int maxFailures) {
        this.maxAttempts = maxAttempts;
        this.maxFailures = maxFailures;
    }

    /** Takes one attempt; false when nothing is left. */
    synchronized boolean take(String address, Instant now) {
        Spent before = current(address, now);
        if (before.attempts >= maxAttempts || before.failures >= maxFailures) {
            return false;
        }
        put(address, new Spent(before.since, before.attempts + 1, before.failures));
        return true;
    }

    /** The attempt that was taken was a wrong one. */
    synchronized void fail(String address, Instant now) {
        Spent before = current(address, now);
        put(address, new Spent(before.since, before.attempts, before.failures + 1));
    }

    private Spent current(String address, Instant now) {
        Spent before = spent.get(address);
        return before == null || !now.isBefore(before.since.plus(PERIOD)) ? new Spent(now, 0, 0) : before;
    }

    private void put(String address, Spent after) {
        spent.put(address, after);
        if (spent.size() > MAX_ADDRESSES) {
            spent.remove(spent.keySet().iterator().next());
        }
    }
}
