package io.tinyfleet.server.delivery;

import com.google.protobuf.ByteString;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.Topics;
import io.tinyfleet.protocol.v1.Chunk;
import io.tinyfleet.registry.blob.BlobHandle;
import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.server.mqtt.Delivery;
import io.tinyfleet.server.mqtt.MqttPublisher;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;

/**
 * Sends the chunks that many devices lack once, to all of them. One replica at a time does it for a blob: the one that
 * holds its lease. A replica that dies leaves its lease to run out; what it had taken up, devices ask for again.
 */
final class SharedSender {
    private static final Logger LOG = Logger.getLogger(SharedSender.class);
    private static final Duration RENEWAL = Duration.ofSeconds(1);
    private static final int SHUTDOWN_SECONDS = 5;

    private final String owner;
    private final SharedRepository repository;
    private final BlobStore blobs;
    private final MqttPublisher publisher;
    private final DeliveryConfig config;
    private final InstantSource clock;
    private final Counter chunks;
    private final Counter bytes;
    private final Counter sharedBytes;
    private final Counter lost;
    private final SendingPace pace;
    private final Set<Digest> working = ConcurrentHashMap.newKeySet();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final ExecutorService workers;

    /** What a sender works on. */
    record Parts(SharedRepository repository, BlobStore blobs, MqttPublisher publisher, MeterRegistry meters) {}

    /** @param owner names this replica's run: nobody else's */
    SharedSender(String owner, Parts parts, DeliveryConfig config, InstantSource clock) {
        this.owner = owner;
        this.repository = parts.repository();
        this.blobs = parts.blobs();
        this.publisher = parts.publisher();
        this.config = config;
        this.clock = clock;
        this.chunks = parts.meters().counter("tinyfleet.delivery.chunks");
        this.bytes = parts.meters().counter("tinyfleet.delivery.chunk.bytes");
        this.sharedBytes = parts.meters().counter("tinyfleet.delivery.shared.chunk.bytes");
        this.lost = parts.meters().counter("tinyfleet.delivery.chunks.lost");
        this.pace = new SendingPace(config.sharedBytesPerSecond());
        this.workers = Executors.newFixedThreadPool(config.sharedBlobsAtOnce(), run -> {
            Thread thread = new Thread(run, "shared-sender");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Takes up what has been gathered long enough. Returns at once. */
    void tick() {
        int room = config.sharedBlobsAtOnce() - working.size();
        if (room <= 0) {
            return;
        }
        Instant now = clock.instant();
        for (Digest blob : repository.findDue(owner, now.minus(config.sharedGathering()), now, room)) {
            if (lease(blob) && working.add(blob)) {
                begin(blob);
            }
        }
    }

    private void begin(Digest blob) {
        try {
            workers.execute(() -> serve(blob));
        } catch (RejectedExecutionException e) {
            // This replica is stopping; its lease runs out and another one goes on.
            working.remove(blob);
        }
    }

    private boolean lease(Digest blob) {
        Instant now = clock.instant();
        return repository.lease(blob, owner, now, now.plus(config.sharedLease()));
    }

    private void serve(Digest blob) {
        try {
            Optional<BlobHandle> handle = blobs.find(blob);
            BitSet wanted = repository.takeNeeds(blob);
            while (handle.isPresent() && !wanted.isEmpty() && !isStopping()) {
                wanted = send(handle.get(), wanted);
                if (!wanted.isEmpty()) {
                    rest(config.sharedGathering());
                    wanted.or(repository.takeNeeds(blob));
                }
            }
            if (!isStopping()) {
                repository.release(blob, owner);
            }
        } catch (LeaseLostException e) {
            LOG.infof("another replica sends the blob now blob=%s", blob.shortHex());
        } catch (IOException e) {
            LOG.errorf(e, "a shared blob cannot be read blob=%s", blob.shortHex());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.errorf(e, "sending to all failed; the lease runs out and devices ask again blob=%s", blob.shortHex());
        } finally {
            working.remove(blob);
        }
    }

    /** One sending; what late comers have missed of it is returned. */
    private BitSet send(BlobHandle blob, BitSet wanted) throws IOException, InterruptedException, LeaseLostException {
        SharedPass pass = new SharedPass(wanted);
        Instant renewAt = clock.instant().plus(RENEWAL);
        LOG.debugf("sending to all blob=%s chunks=%d", blob.digest().shortHex(), wanted.cardinality());
        while (!isStopping()) {
            if (clock.instant().isAfter(renewAt)) {
                if (!lease(blob.digest())) {
                    throw new LeaseLostException();
                }
                renewAt = clock.instant().plus(RENEWAL);
                pass.join(repository.takeNeeds(blob.digest()));
            }
            OptionalInt index = pass.next();
            if (index.isEmpty()) {
                break;
            }
            publish(blob, index.getAsInt());
        }
        if (!lease(blob.digest())) {
            throw new LeaseLostException();
        }
        return pass.left();
    }

    private void publish(BlobHandle blob, int index) throws IOException, InterruptedException {
        byte[] data = blob.read((long) index * Limits.CHUNK_BYTES, Limits.CHUNK_BYTES);
        rest(pace.book(data.length, clock.instant()));
        Chunk chunk = Chunk.newBuilder()
                .setBlobSha256(blob.digest().toBytes())
                .setIndex(index)
                .setData(ByteString.copyFrom(data))
                .setBlobSize(blob.size())
                .build();
        try {
            // One at a time: what the broker cannot take at once must not pile up in this process.
            publisher
                    .publish(Topics.blobShared(blob.digest()), chunk.toByteArray(), Delivery.PASSING)
                    .toCompletableFuture()
                    .get(config.chunkRoomWait().toMillis(), TimeUnit.MILLISECONDS);
            chunks.increment();
            bytes.increment(data.length);
            sharedBytes.increment(data.length);
        } catch (ExecutionException | TimeoutException e) {
            // A device that misses it asks again.
            lost.increment();
        }
    }

    /** Waits, but for the end. */
    private void rest(Duration time) throws InterruptedException {
        if (time.toNanos() > 0 && stopped.await(time.toNanos(), TimeUnit.NANOSECONDS)) {
            LOG.debugf("stopping owner=%s", owner);
        }
    }

    private boolean isStopping() {
        return stopped.getCount() == 0;
    }

    /** Ends what is under way; the leases run out. */
    void stop() throws InterruptedException {
        stopped.countDown();
        workers.shutdown();
        if (!workers.awaitTermination(SHUTDOWN_SECONDS, TimeUnit.SECONDS)) {
            workers.shutdownNow();
        }
    }

    private static final class LeaseLostException extends Exception {
        private static final long serialVersionUID = 1L;
    }
}
