package io.tinyfleet.server.telemetry;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.tinyfleet.server.device.FleetCounts;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** Looks once a minute how many devices are online. */
@ApplicationScoped
class FleetSampler {
    private static final Duration KEPT = Duration.ofDays(90);

    private final FleetCounts counts;
    private final FleetSampleRepository samples;
    private final InstantSource clock;

    FleetSampler(FleetCounts counts, FleetSampleRepository samples, InstantSource clock) {
        this.counts = counts;
        this.samples = samples;
        this.clock = clock;
    }

    @Scheduled(every = "60s", delayed = "30s", concurrentExecution = ConcurrentExecution.SKIP)
    void sample() {
        Instant minute = RollupRepository.bucketOf(clock.instant(), Duration.ofMinutes(1));
        QuarkusTransaction.requiringNew().run(() -> {
            samples.add(minute, counts.online(), counts.total());
            samples.deleteBefore(minute.minus(KEPT));
        });
    }
}
