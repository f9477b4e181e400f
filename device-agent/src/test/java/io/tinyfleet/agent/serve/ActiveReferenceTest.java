package io.tinyfleet.agent.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ActiveReferenceTest {

    private final ActiveReference<Counted> active = new ActiveReference<>();

    @Test
    void nothing_active_is_nothing_to_take() {
        assertThat(active.take()).isNull();
        assertThat(active.peek()).isNull();
        active.swap(null);
        assertThat(active.take()).isNull();
    }

    @Test
    void what_is_swapped_out_ends_after_its_last_use_and_once() {
        Counted old = new Counted();
        active.swap(old);
        ActiveReference.Lease<Counted> first = Objects.requireNonNull(active.take());
        ActiveReference.Lease<Counted> second = Objects.requireNonNull(active.take());
        active.swap(new Counted());
        assertThat(old.ends).hasValue(0);
        first.close();
        assertThat(old.ends).hasValue(0);
        second.close();
        assertThat(old.ends).hasValue(1);
    }

    @Test
    void what_nobody_uses_ends_at_the_swap() {
        Counted old = new Counted();
        active.swap(old);
        active.swap(null);
        assertThat(old.ends).hasValue(1);
    }

    @Test
    void who_waits_gets_what_is_activated_meanwhile() throws Exception {
        active.swap(new Counted());
        active.swap(null);
        assertThat(active.take(Duration.ofMillis(1))).isNull();
        ExecutorService caller = Executors.newSingleThreadExecutor();
        try {
            Future<ActiveReference.@Nullable Lease<Counted>> waiting =
                    caller.submit(() -> active.take(Duration.ofSeconds(20)));
            Counted next = new Counted();
            active.swap(next);

            ActiveReference.Lease<Counted> taken = Objects.requireNonNull(waiting.get(20, TimeUnit.SECONDS));
            assertThat(taken.value()).isSameAs(next);
            taken.close();
        } finally {
            caller.shutdownNow();
        }
    }

    @Test
    void only_what_is_active_can_be_cleared() {
        Counted old = new Counted();
        Counted next = new Counted();
        active.swap(old);
        active.swap(next);
        assertThat(active.clear(old)).isFalse();
        assertThat(next.ends).hasValue(0);
        assertThat(active.clear(next)).isTrue();
        assertThat(active.clear(next)).isFalse();
        assertThat(next.ends).hasValue(1);
    }

    @Test
    void under_load_no_use_is_lost_and_none_meets_an_ended_one() throws Exception {
        int users = 3;
        int swaps = 300;
        active.swap(new Counted());
        List<Counted> all = new ArrayList<>();
        AtomicBoolean over = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(users);
        List<Future<Integer>> uses = new ArrayList<>();
        for (int i = 0; i < users; i++) {
            uses.add(threads.submit(() -> useUntil(over)));
        }
        for (int i = 0; i < swaps; i++) {
            Counted next = new Counted();
            all.add(next);
            active.swap(next);
            Thread.yield();
        }
        over.set(true);
        for (Future<Integer> use : uses) {
            assertThat(use.get(20, TimeUnit.SECONDS)).isPositive();
        }
        threads.shutdown();
        active.swap(null);
        assertThat(all).allMatch(counted -> counted.ends.get() == 1);
    }

    private int useUntil(AtomicBoolean over) {
        int uses = 0;
        while (!over.get()) {
            try (ActiveReference.Lease<Counted> lease = active.take()) {
                if (lease == null) {
                    throw new AssertionError("something was always active");
                }
                lease.value().use();
                uses++;
            }
        }
        return uses;
    }

    private static final class Counted implements AutoCloseable {

        private final AtomicInteger ends = new AtomicInteger();

        void use() {
            if (ends.get() != 0) {
                throw new AssertionError("used after its end");
            }
            Thread.onSpinWait();
            if (ends.get() != 0) {
                throw new AssertionError("ended while in use");
            }
        }

        @Override
        public void close() {
            ends.incrementAndGet();
        }
    }
}
