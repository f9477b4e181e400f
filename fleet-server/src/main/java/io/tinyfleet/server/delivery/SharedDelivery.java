package io.tinyfleet.server.delivery;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.server.mqtt.MqttPublisher;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.UUID;

/** This replica's sender of chunks for all. */
@Startup
@Singleton
class SharedDelivery {
    /** Added to the life of a document before its offer is forgotten, so that one sent late still finds it. */
    private static final Duration GRACE = Duration.ofDays(1);

    private final SharedRepository repository;
    private final SharedSender sender;
    private final DeliveryConfig config;
    private final InstantSource clock;
    /** Set before the database goes away. */
    private volatile boolean stopping;

    SharedDelivery(
            SharedRepository repository,
            BlobStore blobs,
            MqttPublisher publisher,
            DeliveryConfig config,
            InstantSource clock,
            MeterRegistry meters) {
        this.repository = repository;
        this.config = config;
        this.clock = clock;
        SharedSender.Parts parts = new SharedSender.Parts(repository, blobs, publisher, meters);
        this.sender = new SharedSender(UUID.randomUUID().toString(), parts, config, clock);
    }

    @Scheduled(every = "1s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void tick() {
        if (!stopping) {
            sender.tick();
        }
    }

    @Scheduled(every = "1h", delayed = "2m", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void forget() {
        repository.forgetOffers(clock.instant().minus(config.documentLife()).minus(GRACE));
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        stopping = true;
        sender.stop();
    }
}
