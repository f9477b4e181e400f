package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.v1.DownloadPolicy;
import java.time.Duration;
import java.util.Optional;

/**
 * What the operator allows this device's link: a token bucket over everything that is asked for, and a size for metered
 * links. Immutable. Only the policy is stored.
 *
 * @param tokens bytes that may be asked for at {@code at}; below zero: asked for in advance
 * @param at uptime
 */
public record Pace(DownloadPolicy policy, long tokens, Duration at) {
    /** The bucket holds what the rate gives in this time, or one chunk. */
    private static final Duration BURST = Duration.ofSeconds(2);

    private static final long NANOS = 1_000_000_000L;
    private static final double MEGABYTE = 1e6;

    public static final Pace FREE = new Pace(DownloadPolicy.getDefaultInstance(), 0, Duration.ZERO);

    public static Pace stored(DownloadPolicy policy) {
        return new Pace(policy, 0, Duration.ZERO);
    }

    Pace durable() {
        return stored(policy);
    }

    /** The new rules; what was asked for under the old ones stays counted. */
    Pace under(DownloadPolicy next) {
        return new Pace(next, tokens, at);
    }

    boolean isCapped() {
        return policy.getMaxBytesPerSecond() > 0;
    }

    /** How many of these chunks may be asked for now, each counted as whole. */
    int allowed(int chunks, int chunkBytes, Duration now) {
        if (!isCapped()) {
            return chunks;
        }
        return (int) Math.max(0, Math.min(chunks, filled(chunkBytes, now) / chunkBytes));
    }

    Pace spend(int chunks, int chunkBytes, Duration now) {
        return isCapped() ? new Pace(policy, filled(chunkBytes, now) - (long) chunks * chunkBytes, now) : this;
    }

    /** How long until a chunk may be asked for. */
    Duration untilNext(int chunkBytes, Duration now) {
        long lacking = chunkBytes - filled(chunkBytes, now);
        if (!isCapped() || lacking <= 0) {
            return Duration.ZERO;
        }
        return Duration.ofMillis(1 + (long) (lacking * 1000.0 / policy.getMaxBytesPerSecond()));
    }

    private long filled(int chunkBytes, Duration now) {
        long rate = policy.getMaxBytesPerSecond();
        double capacity = Math.max(chunkBytes, (double) rate * BURST.toNanos() / NANOS);
        double gained = (double) rate * Math.max(0, now.minus(at).toNanos()) / NANOS;
        return (long) Math.min(capacity, tokens + gained);
    }

    /** Why a model with that much left has to wait, as a sentence; absent when it may come. */
    Optional<String> findReasonToWait(long bytesLeft) {
        if (!policy.getMetered() || bytesLeft <= policy.getMeteredMaxBytes()) {
            return Optional.empty();
        }
        return Optional.of(String.format(
                java.util.Locale.ROOT,
                "the link is metered: %.1f MB are left to fetch, at most %.1f MB are allowed",
                bytesLeft / MEGABYTE,
                policy.getMeteredMaxBytes() / MEGABYTE));
    }
}
