package io.tinyfleet.e2e.process;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for a condition with a deadline: never a fixed pause. */
public final class Await {

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);

    private Await() {}

    /** Thrown when the deadline passes; its sentence says what was awaited and what was seen last. */
    public static final class DeadlinePassed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        DeadlinePassed(String sentence) {
            super(sentence);
        }
    }

    /**
     * Returns once {@code condition} holds.
     *
     * @param what what is awaited, for the sentence at the deadline
     * @param state what is seen now, for the same sentence
     * @throws DeadlinePassed when the condition does not hold within {@code deadline}
     */
    public static void until(String what, Duration deadline, BooleanSupplier condition, Supplier<String> state) {
        long end = System.nanoTime() + deadline.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new DeadlinePassed(
                        "waited " + deadline.toSeconds() + " s for " + what + "; last seen: " + state.get());
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new DeadlinePassed("interrupted while waiting for " + what);
            }
            LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
        }
    }

    /** As {@link #until(String, Duration, BooleanSupplier, Supplier)} with nothing to say about the state. */
    public static void until(String what, Duration deadline, BooleanSupplier condition) {
        until(what, deadline, condition, () -> "not yet");
    }
}
