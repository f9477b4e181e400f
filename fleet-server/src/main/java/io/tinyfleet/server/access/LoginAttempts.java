package io.tinyfleet.server.access;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Slows down guessing: counts failed logins by account and address together, by address, and by account, each within a
 * window. Bounded: when too many keys are known the one untouched for longest is forgotten. Kept by each replica for
 * itself. Thread-safe.
 */
final class LoginAttempts {
    static final int MAX_KEYS = 20_000;

    record Limits(int perAccountAndAddress, int perAddress, int perAccount, Duration window) {}

    private record Key(String account, String address) {}

    private record Failures(int count, Instant since) {}

    private static final String ANY = "";

    private final Limits limits;
    private final Map<Key, Failures> failures = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Failures> eldest) {
            return size() > MAX_KEYS;
        }
    };

    LoginAttempts(Limits limits) {
        this.limits = limits;
    }

    /**
     * Counts an attempt as failed before its password is looked at, so that many at once cannot slip through.
     *
     * @return how long to wait, if this attempt must not be made
     */
    synchronized Optional<Duration> begin(String account, String address, Instant now) {
        Optional<Duration> wait = keys(account, address).stream()
                .flatMap(limited -> limited.waitingTime(now).stream())
                .max(Duration::compareTo);
        if (wait.isEmpty()) {
            keys(account, address).forEach(limited -> limited.count(now));
        }
        return wait;
    }

    /** The attempt was right: what this account did from this address is forgotten, and the attempt not counted. */
    synchronized void succeeded(String account, String address) {
        failures.remove(new Key(account, address));
        decrement(new Key(ANY, address));
        decrement(new Key(account, ANY));
    }

    synchronized int knownKeys() {
        return failures.size();
    }

    private void decrement(Key key) {
        failures.computeIfPresent(
                key, (same, known) -> known.count() <= 1 ? null : new Failures(known.count() - 1, known.since()));
    }

    private List<Limited> keys(String account, String address) {
        return List.of(
                new Limited(new Key(account, address), limits.perAccountAndAddress()),
                new Limited(new Key(ANY, address), limits.perAddress()),
                new Limited(new Key(account, ANY), limits.perAccount()));
    }

    private final class Limited {
        private final Key key;
        private final int limit;

        Limited(Key key, int limit) {
            this.key = key;
            this.limit = limit;
        }

        Optional<Duration> waitingTime(Instant now) {
            Failures known = failures.get(key);
            if (known == null || known.count() < limit || isOver(known, now)) {
                return Optional.empty();
            }
            return Optional.of(Duration.between(now, known.since().plus(limits.window())));
        }

        void count(Instant now) {
            Failures known = failures.get(key);
            failures.put(
                    key,
                    known == null || isOver(known, now)
                            ? new Failures(1, now)
                            : new Failures(known.count() + 1, known.since()));
        }

        private boolean isOver(Failures known, Instant now) {
            return !now.isBefore(known.since().plus(limits.window()));
        }
    }
}
