package io.tinyfleet.agent;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.tinyfleet.agent.fixture.SmallFleet;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.InLeaf;
import io.tinyfleet.protocol.OutLeaf;
import io.tinyfleet.protocol.Topics;
import io.tinyfleet.protocol.v1.Ack;
import io.tinyfleet.protocol.v1.Attempt;
import io.tinyfleet.protocol.v1.Chunk;
import io.tinyfleet.protocol.v1.ChunkRange;
import io.tinyfleet.protocol.v1.DeviceEvent;
import io.tinyfleet.protocol.v1.Envelope;
import io.tinyfleet.protocol.v1.Mark;
import io.tinyfleet.protocol.v1.Need;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Presence;
import io.tinyfleet.protocol.v1.PresenceKind;
import io.tinyfleet.protocol.v1.Reported;
import io.tinyfleet.protocol.v1.StateMessage;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

/** The server's side of the wire for one device, in memory: answers needs, stores what comes, acknowledges it. */
final class StandInServer implements AutoCloseable {
    final SmallFleet fleet;
    final List<Presence> presences = new CopyOnWriteArrayList<>();
    final List<Attempt> attempts = new CopyOnWriteArrayList<>();
    final List<DeviceEvent> events = new CopyOnWriteArrayList<>();
    final List<Envelope> telemetry = new CopyOnWriteArrayList<>();
    final AtomicInteger chunksSent = new AtomicInteger();
    final AtomicInteger sharedChunksSent = new AtomicInteger();
    final Set<Integer> chunksToSpoil = new HashSet<>();
    volatile boolean answersNeeds = true;
    volatile boolean acknowledges = true;
    volatile int answersOnly = Integer.MAX_VALUE;
    private final BlockingQueue<Runnable> work = new LinkedBlockingQueue<>();
    private final MqttAsyncClient client;
    private final Thread worker = new Thread(this::work, "stand-in-server");

    StandInServer(String url) throws MqttException {
        this(url, new SmallFleet());
    }

    StandInServer(String url, SmallFleet fleet) throws MqttException {
        this.fleet = fleet;
        client = new MqttAsyncClient(url, "server", new MemoryPersistence());
        client.setCallback(new Callbacks());
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(true);
        client.connect(options).waitForCompletion(10_000);
        client.subscribe(Topics.SERVER_FILTER, 1).waitForCompletion(10_000);
        worker.setDaemon(true);
        worker.start();
    }

    private void work() {
        try {
            while (true) {
                work.take().run();
            }
        } catch (InterruptedException e) {
            // close() ends it.
            Thread.currentThread().interrupt();
        }
    }

    void send(InLeaf leaf, byte[] payload) {
        try {
            client.publish(Topics.deviceIn(SmallFleet.DEVICE, leaf), payload, 1, false);
        } catch (MqttException e) {
            throw new IllegalStateException(e);
        }
    }

    private void sendToAll(Digest blob, Chunk chunk) {
        try {
            client.publish(Topics.blobShared(blob), chunk.toByteArray(), 0, false);
        } catch (MqttException e) {
            throw new IllegalStateException(e);
        }
    }

    boolean hasReported(Phase phase) {
        return attempts.stream().anyMatch(attempt -> attempt.getPhase() == phase);
    }

    Attempt lastAttempt() {
        return attempts.get(attempts.size() - 1);
    }

    boolean hasHeard(PresenceKind kind) {
        return presences.stream().anyMatch(presence -> presence.getKind() == kind);
    }

    boolean hasEvent(String code) {
        return events.stream().anyMatch(event -> event.getCode().equals(code));
    }

    private void take(String topic, byte[] payload) {
        OutLeaf leaf = Topics.parseOut(topic).orElseThrow().leaf();
        try {
            switch (leaf) {
                case STATE -> state(StateMessage.parseFrom(payload));
                case EVENT -> {
                    Envelope envelope = Envelope.parseFrom(payload);
                    events.add(DeviceEvent.parseFrom(envelope.getBody()));
                    acknowledge(envelope);
                }
                case TELEMETRY -> {
                    Envelope envelope = Envelope.parseFrom(payload);
                    telemetry.add(envelope);
                    acknowledge(envelope);
                }
                case NEED -> answer(Need.parseFrom(payload));
            }
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    private void state(StateMessage message) throws InvalidProtocolBufferException {
        if (message.hasPresence()) {
            presences.add(message.getPresence());
            return;
        }
        Reported reported = Reported.parseFrom(message.getReported().getBody());
        reported.getSlotsList().forEach(slot -> attempts.add(slot.getAttempt()));
        acknowledge(message.getReported());
    }

    /** Everything comes in order here, so each number is a mark. */
    private void acknowledge(Envelope envelope) {
        if (acknowledges) {
            send(
                    InLeaf.ACK,
                    Ack.newBuilder()
                            .addMarks(Mark.newBuilder()
                                    .setStream(envelope.getStream())
                                    .setBootCounter(envelope.getBootCounter())
                                    .setUpTo(envelope.getSeq()))
                            .build()
                            .toByteArray());
        }
    }

    private void answer(Need need) {
        for (ChunkRange range : need.getRangesList()) {
            for (int i = range.getFirst(); i < range.getFirst() + range.getCount(); i++) {
                if (!answersNeeds || chunksSent.get() >= answersOnly) {
                    return;
                }
                Chunk chunk = fleet.chunk(Digest.fromBytes(need.getBlobSha256()), i);
                if (chunk.getBlobSize() > 200_000 && chunksToSpoil.remove(i)) {
                    byte[] data = chunk.getData().toByteArray();
                    data[0] ^= 1;
                    chunk = chunk.toBuilder().setData(ByteString.copyFrom(data)).build();
                }
                chunksSent.incrementAndGet();
                if (need.getShared()) {
                    sharedChunksSent.incrementAndGet();
                    sendToAll(Digest.fromBytes(need.getBlobSha256()), chunk);
                } else {
                    send(InLeaf.BLOB, chunk.toByteArray());
                }
            }
        }
    }

    private final class Callbacks implements MqttCallback {
        @Override
        public void messageArrived(String topic, MqttMessage message) {
            work.add(() -> take(topic, message.getPayload()));
        }

        @Override
        public void disconnected(MqttDisconnectResponse response) {}

        @Override
        public void mqttErrorOccurred(MqttException error) {}

        @Override
        public void deliveryComplete(IMqttToken token) {}

        @Override
        public void connectComplete(boolean reconnect, String url) {}

        @Override
        public void authPacketArrived(int reasonCode, MqttProperties properties) {}
    }

    @Override
    public void close() throws MqttException {
        worker.interrupt();
        client.disconnectForcibly(0, 500, false);
        client.close(true);
    }
}
