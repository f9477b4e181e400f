package io.tinyfleet.server.delivery;

import java.time.Duration;

/** The defaults, but for what would make a test slow. */
record FixedDeliveryConfig(int chunksInFlight, Duration chunkRoomWait) implements DeliveryConfig {
    FixedDeliveryConfig() {
        this(32, Duration.ofMillis(20));
    }

    @Override
    public Duration documentLife() {
        return Duration.ofDays(7);
    }

    @Override
    public Duration resignAfter() {
        return Duration.ofDays(3);
    }

    @Override
    public Duration headsLife() {
        return Duration.ofDays(7);
    }

    @Override
    public Duration headsResignAfter() {
        return Duration.ofDays(1);
    }

    @Override
    public Duration floorsLife() {
        return Duration.ofDays(365);
    }

    @Override
    public boolean requireSynchronisedClock() {
        return false;
    }

    @Override
    public Duration rootLife() {
        return Duration.ofDays(365);
    }

    @Override
    public Duration rootRenewBefore() {
        return Duration.ofDays(60);
    }

    @Override
    public Duration clockTolerance() {
        return Duration.ofDays(1);
    }

    @Override
    public Duration publishTimeout() {
        return Duration.ofSeconds(10);
    }

    @Override
    public int batch() {
        return 128;
    }

    @Override
    public Duration maxBackOff() {
        return Duration.ofSeconds(30);
    }

    @Override
    public Duration needMaxAge() {
        return Duration.ofSeconds(30);
    }

    @Override
    public int sharedOverDevices() {
        return 4;
    }

    @Override
    public Duration sharedGathering() {
        return Duration.ofMillis(200);
    }

    @Override
    public long sharedBytesPerSecond() {
        return 100_000_000;
    }

    @Override
    public int sharedBlobsAtOnce() {
        return 4;
    }

    @Override
    public Duration sharedLease() {
        return Duration.ofSeconds(1);
    }

    @Override
    public Duration linkLife() {
        return Duration.ofMinutes(15);
    }
}
