package io.tinyfleet.server.delivery;

import com.google.protobuf.ByteString;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.InLeaf;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.Messages;
import io.tinyfleet.protocol.OutLeaf;
import io.tinyfleet.protocol.Topics;
import io.tinyfleet.protocol.UnreadableMessageException;
import io.tinyfleet.protocol.v1.BlobLink;
import io.tinyfleet.protocol.v1.Chunk;
import io.tinyfleet.protocol.v1.Need;
import io.tinyfleet.registry.blob.BlobHandle;
import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.server.mqtt.Delivery;
import io.tinyfleet.server.mqtt.InboundDeadLetters;
import io.tinyfleet.server.mqtt.InboundHandler;
import io.tinyfleet.server.mqtt.InboundMessage;
import io.tinyfleet.server.mqtt.MqttPublisher;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Answers needs with chunks, out of the blob store and nothing else: no state is kept for a device, so any replica may
 * answer, and a device that hears nothing simply asks again.
 *
 * <p>Chunks go out at most once. A lost one costs a repeated need; a certain one would be written to the broker's journal
 * and kept for devices that are gone, though the server can make it again at any time.
 */
@ApplicationScoped
class ChunkServer implements InboundHandler {
    private static final Logger LOG = Logger.getLogger(ChunkServer.class);
    private final BlobStore blobs;
    private final MqttPublisher publisher;
    private final InboundDeadLetters deadLetters;
    private final OtherWays otherWays;
    private final DeliveryConfig config;
    private final InstantSource clock;
    private final MeterRegistry meters;
    private final Counter chunks;
    private final Counter bytes;
    private final Counter lost;
    private final Semaphore room;

    ChunkServer(
            BlobStore blobs,
            MqttPublisher publisher,
            InboundDeadLetters deadLetters,
            OtherWays otherWays,
            DeliveryConfig config,
            InstantSource clock,
            MeterRegistry meters) {
        this.blobs = blobs;
        this.publisher = publisher;
        this.deadLetters = deadLetters;
        this.otherWays = otherWays;
        this.config = config;
        this.clock = clock;
        this.meters = meters;
        this.chunks = meters.counter("tinyfleet.delivery.chunks");
        this.bytes = meters.counter("tinyfleet.delivery.chunk.bytes");
        this.lost = meters.counter("tinyfleet.delivery.chunks.lost");
        this.room = new Semaphore(config.chunksInFlight());
    }

    @Override
    public Set<OutLeaf> leaves() {
        return Set.of(OutLeaf.NEED);
    }

    @Override
    public void handle(List<InboundMessage> batch) {
        for (InboundMessage message : batch) {
            if (message.receivedAt().plus(config.needMaxAge()).isBefore(clock.instant())) {
                dropped("expired");
                continue;
            }
            read(message).ifPresent(need -> answer(message.device(), need));
        }
    }

    private Optional<Need> read(InboundMessage message) {
        try {
            Need need = Messages.read(Need.parser(), message.payload());
            if (need.getBlobSha256().size() == Digest.BYTES) {
                return Optional.of(need);
            }
            deadLetter(message, "malformed-need");
        } catch (UnreadableMessageException e) {
            deadLetter(message, e.code());
        }
        return Optional.empty();
    }

    private void deadLetter(InboundMessage message, String reason) {
        dropped("unreadable");
        QuarkusTransaction.requiringNew()
                .run(() -> deadLetters.add(
                        Topics.deviceOut(message.device(), OutLeaf.NEED),
                        reason,
                        message.payload(),
                        message.receivedAt()));
    }

    private void answer(DeviceId device, Need need) {
        Digest digest = Digest.fromBytes(need.getBlobSha256());
        Optional<BlobHandle> blob = blobs.find(digest);
        OptionalLong size = blob.isPresent() ? OptionalLong.of(blob.get().size()) : OptionalLong.empty();
        NeedAnswer answer = NeedAnswer.of(need, size);
        if (answer instanceof NeedAnswer.Refuse refuse) {
            refuse(device, need, refuse.refusal());
            return;
        }
        if (answer instanceof NeedAnswer.Link) {
            link(device, digest, need);
            return;
        }
        if (answer instanceof NeedAnswer.Share share && !otherWays.share(device, digest, share.missing())) {
            // Nobody offered this blob to all: the device is served alone, and is not left waiting.
            answer = share.otherwise();
        }
        if (answer instanceof NeedAnswer.Send send && blob.isPresent()) {
            send(device, blob.get(), send);
        }
    }

    private void link(DeviceId device, Digest blob, Need need) {
        Optional<BlobLink> link = otherWays.findLink(device, blob);
        if (link.isEmpty()) {
            refuse(device, need, NeedAnswer.Refusal.NO_LINK);
            return;
        }
        publish(
                device,
                Chunk.newBuilder()
                        .setBlobSha256(blob.toBytes())
                        .setLink(link.get())
                        .build());
    }

    private void refuse(DeviceId device, Need need, NeedAnswer.Refusal refusal) {
        meters.counter("tinyfleet.delivery.refusals", "reason", refusal.code()).increment();
        LOG.debugf("need refused device=%s reason=%s", device, refusal.code());
        Chunk chunk = Chunk.newBuilder()
                .setBlobSha256(need.getBlobSha256())
                .setIndex(need.getRangesCount() == 0 ? 0 : need.getRanges(0).getFirst())
                .setRefusal(refusal.code())
                .build();
        publish(device, chunk);
    }

    private void send(DeviceId device, BlobHandle blob, NeedAnswer.Send send) {
        for (int index : send.indexes()) {
            byte[] data;
            try {
                data = blob.read((long) index * Limits.CHUNK_BYTES, Limits.CHUNK_BYTES);
            } catch (IOException e) {
                // The device asks again and again until the disk is mended; its silence limit decides.
                LOG.errorf(e, "a blob cannot be read blob=%s", blob.digest().shortHex());
                dropped("unreadable-blob");
                return;
            }
            Chunk chunk = Chunk.newBuilder()
                    .setBlobSha256(blob.digest().toBytes())
                    .setIndex(index)
                    .setData(ByteString.copyFrom(data))
                    .setBlobSize(send.blobSize())
                    .build();
            if (!publish(device, chunk)) {
                return;
            }
            chunks.increment();
            bytes.increment(data.length);
        }
    }

    /** Whether there was room for it. */
    private boolean publish(DeviceId device, Chunk chunk) {
        try {
            if (!room.tryAcquire(config.chunkRoomWait().toMillis(), TimeUnit.MILLISECONDS)) {
                dropped("no-room");
                return false;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        CompletionStage<Void> publication =
                publisher.publish(Topics.deviceIn(device, InLeaf.BLOB), chunk.toByteArray(), Delivery.AT_MOST_ONCE);
        publication.whenComplete((nothing, failure) -> {
            room.release();
            if (failure != null) {
                lost.increment();
            }
        });
        return true;
    }

    private void dropped(String reason) {
        meters.counter("tinyfleet.delivery.needs.dropped", "reason", reason).increment();
    }
}
