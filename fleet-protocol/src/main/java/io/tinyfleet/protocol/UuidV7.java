package io.tinyfleet.protocol;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.UUID;
import java.util.random.RandomGenerator;

/** Makes UUIDs of version 7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits. They sort by time of making. */
public final class UuidV7 {
    private static final long TIME_MASK = 0xFFFF_FFFF_FFFFL;
    private static final long VERSION_7 = 0x7000L;
    private static final long VARIANT = 0x8000_0000_0000_0000L;

    private UuidV7() {}

    /** A new id from the clock's millisecond and the generator's bits. */
    public static UUID next(InstantSource clock, RandomGenerator random) {
        long time = clock.millis() & TIME_MASK;
        long high = (time << 16) | VERSION_7 | (random.nextLong() & 0x0FFFL);
        long low = VARIANT | (random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL);
        return new UUID(high, low);
    }

    /** A new id from the clock and the operating system's randomness. */
    public static UUID next(InstantSource clock) {
        return next(clock, SystemRandom.SOURCE);
    }

    private static final class SystemRandom {
        static final SecureRandom SOURCE = new SecureRandom();
    }
}
