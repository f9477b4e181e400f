package io.tinyfleet.e2e.faults;

import com.google.protobuf.InvalidProtocolBufferException;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.InLeaf;
import io.tinyfleet.protocol.Topics;
import io.tinyfleet.protocol.v1.Ack;
import io.tinyfleet.protocol.v1.ChunkRange;
import io.tinyfleet.protocol.v1.Envelope;
import io.tinyfleet.protocol.v1.Mark;
import io.tinyfleet.protocol.v1.Need;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Presence;
import io.tinyfleet.protocol.v1.PresenceKind;
import io.tinyfleet.protocol.v1.Reported;
import io.tinyfleet.protocol.v1.ReportedSlot;
import io.tinyfleet.protocol.v1.StateMessage;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
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

/** The server's side of the wire for a few devices: desired documents, chunks and acknowledgements. */
final class FaultServer implements AutoCloseable {
    private static final long CONNECT_MILLIS = 10_000;
    private static final int MAX_INFLIGHT = 1000;

    private final FaultFleet fleet;
    private final MqttAsyncClient client;
    private final BlockingQueue<Runnable> work = new LinkedBlockingQueue<>();
    private final Thread worker = new Thread(this::work, "fault-server");
    private final Map<DeviceId, FaultFleet.Offered> wanted = new ConcurrentHashMap<>();
    private final Map<DeviceId, ReportedSlot> reported = new ConcurrentHashMap<>();
    private final AtomicInteger hellos = new AtomicInteger();
    private final AtomicInteger windows = new AtomicInteger();

    FaultServer(String url, FaultFleet fleet) throws MqttException {
        this.fleet = fleet;
        client = new MqttAsyncClient(url, "server", new MemoryPersistence());
        client.setCallback(new Callbacks());
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(true);
        options.setReceiveMaximum(MAX_INFLIGHT);
        client.connect(options).waitForCompletion(CONNECT_MILLIS);
        client.subscribe(Topics.SERVER_FILTER, 1).waitForCompletion(CONNECT_MILLIS);
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

    FaultFleet fleet() {
        return fleet;
    }

    /** What the device is to run from now on; it hears of it at once, or when it says hello. */
    FaultFleet.Offered want(DeviceId device, byte[] model, Duration probation) {
        return want(device, fleet.offer(device, nextSeq(device), model, probation));
    }

    /** The device is to go back to what it ran before. */
    FaultFleet.Offered wantBack(DeviceId device, FaultFleet.Offered held) {
        return want(device, fleet.back(device, nextSeq(device), held.slot()));
    }

    private long nextSeq(DeviceId device) {
        return Optional.ofNullable(wanted.get(device))
                        .map(FaultFleet.Offered::seq)
                        .orElse(0L)
                + 1;
    }

    private FaultFleet.Offered want(DeviceId device, FaultFleet.Offered offered) {
        wanted.put(device, offered);
        send(device, InLeaf.DESIRED, offered.document());
        return offered;
    }

    /** It has told that it runs what that offer wants, and trusts it. */
    boolean isHealthy(DeviceId device, FaultFleet.Offered offered) {
        return findReported(device)
                .map(ReportedSlot::getAttempt)
                .filter(attempt -> attempt.getPhase() == Phase.HEALTHY)
                .filter(attempt -> attempt.getAttemptId().equals(offered.slot().getAttemptId()))
                .isPresent();
    }

    /** The slot as the device has told of it last. */
    Optional<ReportedSlot> findReported(DeviceId device) {
        return Optional.ofNullable(reported.get(device));
    }

    /** How often a device has said hello: once for each connection. */
    int hellos() {
        return hellos.get();
    }

    /** Telemetry windows that have come, those that came twice counted twice. */
    int windows() {
        return windows.get();
    }

    private void send(DeviceId device, InLeaf leaf, byte[] payload) {
        try {
            client.publish(Topics.deviceIn(device, leaf), payload, 1, false);
        } catch (MqttException e) {
            // Too many on their way: the device asks again.
            System.err.println("not sent to " + device + ": " + e.getMessage());
        }
    }

    private void take(String topic, byte[] payload) {
        Topics.Outbound from = Topics.parseOut(topic).orElseThrow();
        try {
            switch (from.leaf()) {
                case STATE -> state(from.device(), StateMessage.parseFrom(payload));
                case EVENT -> acknowledge(from.device(), Envelope.parseFrom(payload));
                case TELEMETRY -> {
                    windows.incrementAndGet();
                    acknowledge(from.device(), Envelope.parseFrom(payload));
                }
                case NEED -> answer(from.device(), Need.parseFrom(payload));
            }
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    private void state(DeviceId device, StateMessage message) throws InvalidProtocolBufferException {
        if (message.hasPresence()) {
            presence(device, message.getPresence());
            return;
        }
        Reported.parseFrom(message.getReported().getBody()).getSlotsList().forEach(slot -> reported.put(device, slot));
        acknowledge(device, message.getReported());
    }

    private void presence(DeviceId device, Presence presence) {
        FaultFleet.Offered offered = wanted.get(device);
        boolean here = presence.getKind() == PresenceKind.HELLO;
        if (here) {
            hellos.incrementAndGet();
        }
        if (here && offered != null && presence.getDesiredSeq() < offered.seq()) {
            send(device, InLeaf.DESIRED, offered.document());
        }
    }

    private void acknowledge(DeviceId device, Envelope envelope) {
        send(
                device,
                InLeaf.ACK,
                Ack.newBuilder()
                        .addMarks(Mark.newBuilder()
                                .setStream(envelope.getStream())
                                .setBootCounter(envelope.getBootCounter())
                                .setUpTo(envelope.getSeq()))
                        .build()
                        .toByteArray());
    }

    private void answer(DeviceId device, Need need) {
        int left = need.getWindow();
        for (ChunkRange range : need.getRangesList()) {
            for (int i = range.getFirst(); i < range.getFirst() + range.getCount() && left > 0; i++) {
                left--;
                fleet.findChunk(Digest.fromBytes(need.getBlobSha256()), i)
                        .ifPresent(chunk -> send(device, InLeaf.BLOB, chunk.toByteArray()));
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
