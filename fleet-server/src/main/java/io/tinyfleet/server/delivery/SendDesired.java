package io.tinyfleet.server.delivery;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.InLeaf;
import io.tinyfleet.protocol.Topics;
import io.tinyfleet.server.mqtt.Delivery;
import io.tinyfleet.server.mqtt.MqttPublisher;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Publishes the newest signed documents while their rows are locked, so that of two relays neither sends an older
 * document after a newer one, and removes the outbox rows of those that the broker has.
 */
@ApplicationScoped
class SendDesired {
    private static final Logger LOG = Logger.getLogger(SendDesired.class);
    private static final Duration FIRST_BACK_OFF = Duration.ofSeconds(1);
    private static final int MAX_DOUBLINGS = 10;
    /** Roots sent at once; a device further behind says what it holds and gets the next ones. */
    private static final int MAX_ROOTS = 16;

    private final DesiredRepository repository;
    private final TrustRepository trustRepository;
    private final TrustKeys trust;
    private final MqttPublisher publisher;
    private final DeliveryConfig config;
    private final InstantSource clock;
    private final Counter sent;
    private final Counter failed;

    SendDesired(
            DesiredRepository repository,
            TrustRepository trustRepository,
            TrustKeys trust,
            MqttPublisher publisher,
            DeliveryConfig config,
            InstantSource clock,
            MeterRegistry meters) {
        this.repository = repository;
        this.trustRepository = trustRepository;
        this.trust = trust;
        this.publisher = publisher;
        this.config = config;
        this.clock = clock;
        this.sent = meters.counter("tinyfleet.delivery.documents", "outcome", "sent");
        this.failed = meters.counter("tinyfleet.delivery.documents", "outcome", "failed");
    }

    @Transactional(Transactional.TxType.REQUIRES_NEW)
    void send(List<OutboxRow> rows) {
        Map<DeviceId, List<OutboxRow>> byDevice = rows.stream()
                .collect(Collectors.groupingBy(OutboxRow::device, LinkedHashMap::new, Collectors.toList()));
        Map<DeviceId, Optional<SignedDocument>> documents = repository.lock(byDevice.keySet());
        Map<DeviceId, Long> heldRoots = trustRepository.heldRoots(byDevice.keySet());
        Map<DeviceId, CompletableFuture<Void>> publications = publish(documents, heldRoots);
        await(publications);
        List<OutboxRow> done = new ArrayList<>();
        byDevice.forEach((device, deviceRows) -> {
            CompletableFuture<Void> publication = publications.get(device);
            // Without a document there is nothing to send: the row is done.
            if (publication == null || (publication.isDone() && !publication.isCompletedExceptionally())) {
                done.addAll(deviceRows);
            } else {
                postpone(deviceRows);
            }
        });
        repository.remove(done);
    }

    /** To each device the roots it lacks, then its document, on one link and in this order. */
    private Map<DeviceId, CompletableFuture<Void>> publish(
            Map<DeviceId, Optional<SignedDocument>> documents, Map<DeviceId, Long> heldRoots) {
        Map<DeviceId, CompletableFuture<Void>> publications = new LinkedHashMap<>();
        documents.forEach((device, document) -> {
            List<CompletableFuture<Void>> messages = new ArrayList<>();
            for (byte[] root : rootsAfter(heldRoots.getOrDefault(device, 0L))) {
                messages.add(publish(device, InLeaf.ROOT, root));
            }
            document.ifPresent(signed -> messages.add(publish(device, InLeaf.DESIRED, signed.envelope())));
            if (!messages.isEmpty()) {
                publications.put(device, CompletableFuture.allOf(messages.toArray(CompletableFuture[]::new)));
            }
        });
        return publications;
    }

    private CompletableFuture<Void> publish(DeviceId device, InLeaf leaf, byte[] payload) {
        return publisher
                .publish(Topics.deviceIn(device, leaf), payload, Delivery.AT_LEAST_ONCE)
                .toCompletableFuture();
    }

    /** In order, as far as this server has them; none for a device that has not said what it holds. */
    private List<byte[]> rootsAfter(long held) {
        List<byte[]> roots = new ArrayList<>();
        long newest = trust.root().version();
        for (long version = held + 1; held > 0 && version <= newest && roots.size() < MAX_ROOTS; version++) {
            Optional<byte[]> root = trust.findRoot(version);
            if (root.isEmpty()) {
                LOG.errorf(
                        "root version %d is not in the server's folder: devices that hold %d are cut off",
                        version, held);
                break;
            }
            roots.add(root.get());
        }
        return roots;
    }

    private void await(Map<DeviceId, CompletableFuture<Void>> publications) {
        int expected = publications.size();
        try {
            CompletableFuture.allOf(publications.values().toArray(CompletableFuture[]::new))
                    .get(config.publishTimeout().toMillis(), TimeUnit.MILLISECONDS);
            sent.increment(expected);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            long missing = publications.values().stream()
                    .filter(publication -> !publication.isDone() || publication.isCompletedExceptionally())
                    .count();
            sent.increment(expected - missing);
            failed.increment(missing);
            LOG.warnf(
                    "the broker did not take all desired documents offered=%d missing=%d reason=%s",
                    expected,
                    missing,
                    e.getCause() == null ? e.toString() : e.getCause().getMessage());
        }
    }

    private void postpone(List<OutboxRow> rows) {
        int attempts = rows.stream().mapToInt(OutboxRow::attempts).max().orElse(1);
        repository.postpone(rows, nextTry(clock.instant(), attempts, config.maxBackOff()));
    }

    /** One second after the first failure, doubling up to the limit. */
    static Instant nextTry(Instant now, int attempts, Duration max) {
        Duration delay = FIRST_BACK_OFF.multipliedBy(1L << Math.min(attempts - 1, MAX_DOUBLINGS));
        return now.plus(delay.compareTo(max) < 0 ? delay : max);
    }
}
