package io.tinyfleet.server.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.InLeaf;
import io.tinyfleet.protocol.OutLeaf;
import io.tinyfleet.protocol.Topics;
import io.tinyfleet.server.device.Await;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing a device sent is lost between the broker and the store, whichever of them goes away. */
class LinkAndPumpTest {
    private static final DeviceId DEVICE = new DeviceId("dev-7");
    private static final String EVENT_TOPIC = Topics.deviceOut(DEVICE, OutLeaf.EVENT);

    @TempDir
    Path folder;

    private final List<Byte> stored = new CopyOnWriteArrayList<>();
    private final List<Byte> needed = new CopyOnWriteArrayList<>();
    private final List<String> buried = new CopyOnWriteArrayList<>();
    private final AtomicBoolean databaseDown = new AtomicBoolean();
    private EmbeddedBroker broker;
    private InboundPump pump;
    private MqttLink link;
    private int port;

    @BeforeEach
    void start() throws Exception {
        startBroker(0);
        port = broker.port();
        pump = new InboundPump(
                List.of(
                        handler(Set.of(OutLeaf.STATE, OutLeaf.EVENT, OutLeaf.TELEMETRY), stored),
                        handler(Set.of(OutLeaf.NEED), needed)),
                (topic, reason, payload, at) -> buried.add(topic + " " + reason),
                this::transaction,
                new Random(1));
        pump.start();
        link = startLink("server.test.1");
    }

    private MqttLink startLink(String clientId) throws Exception {
        MqttLink started = new MqttLink(
                new LinkSettings(
                        URI.create("tcp://127.0.0.1:" + port),
                        clientId,
                        Optional.of(BrokerSecurity.SERVER_USER),
                        Optional.of("server-password")),
                pump::offer,
                InstantSource.system(),
                new Random(1));
        started.start();
        Await.until("the link is connected", started::isConnected);
        return started;
    }

    private void startBroker(int onPort) throws Exception {
        broker = new EmbeddedBroker(
                new BrokerSettings("127.0.0.1", onPort, folder, 1, Optional.empty(), BrokerSettings.NO_SECURITY_CACHE),
                new BrokerSecurity((device, password) -> password.equals("secret"), "server-password", false));
        broker.start();
    }

    @AfterEach
    void stop() throws Exception {
        link.stop();
        pump.stop();
        broker.stop();
    }

    /** All or nothing, like a transaction: what a failed batch would have stored is taken back. */
    private void transaction(Runnable work) {
        if (databaseDown.get()) {
            throw new IllegalStateException("no database");
        }
        List<Byte> before = new ArrayList<>(stored);
        try {
            work.run();
        } catch (RuntimeException e) {
            stored.clear();
            stored.addAll(before);
            throw e;
        }
    }

    private static InboundHandler handler(Set<OutLeaf> leaves, List<Byte> into) {
        return new InboundHandler() {
            @Override
            public Set<OutLeaf> leaves() {
                return leaves;
            }

            @Override
            public void handle(List<InboundMessage> batch) {
                for (InboundMessage message : batch) {
                    if (message.payload()[0] == 66) {
                        throw new IllegalStateException("cannot take 66");
                    }
                    into.add(message.payload()[0]);
                }
            }
        };
    }

    private DeviceClient device() throws MqttException {
        return new DeviceClient("tcp://127.0.0.1:" + port, DEVICE.value()).connect(DEVICE.value(), "secret");
    }

    @Test
    void nothing_is_acknowledged_while_the_database_is_down_and_all_comes_when_it_is_back() throws Exception {
        try (DeviceClient device = device()) {
            databaseDown.set(true);
            for (byte i = 0; i < 20; i++) {
                device.publish(EVENT_TOPIC, new byte[] {i});
            }
            // The server goes away with everything unacknowledged; another takes over under the same names.
            link.stop();
            assertThat(stored).isEmpty();
            databaseDown.set(false);
            link = startLink("server.test.1");
            Await.until("all twenty are stored", () -> Set.copyOf(stored).size() == 20);
        }
    }

    @Test
    void the_link_comes_back_by_itself_after_the_broker_was_away() throws Exception {
        try (DeviceClient device = device()) {
            device.publish(EVENT_TOPIC, new byte[] {1});
            Await.until("the first is stored", () -> stored.contains((byte) 1));
        }
        broker.stop();
        Await.until("the link has noticed", () -> !link.isConnected());
        assertThat(link.publish("fleet/v1/d/dev-7/in/ack", new byte[0], Delivery.AT_LEAST_ONCE))
                .isEmpty();
        startBroker(port);
        Await.until("the link is back", link::isConnected);
        try (DeviceClient device = device()) {
            device.publish(EVENT_TOPIC, new byte[] {2});
            Await.until("the second is stored", () -> stored.contains((byte) 2));
        }
    }

    @Test
    void two_links_share_the_messages_and_each_is_stored_once() throws Exception {
        MqttLink second = startLink("server.test.2");
        try (DeviceClient device = device()) {
            for (byte i = 0; i < 100; i++) {
                device.publish(EVENT_TOPIC, new byte[] {i == 66 ? 100 : i});
            }
            Await.until("all are stored", () -> stored.size() == 100);
            assertThat(Set.copyOf(stored)).hasSize(100);
        } finally {
            second.stop();
        }
    }

    @Test
    void a_message_that_cannot_be_handled_is_put_aside_and_holds_up_nobody() throws Exception {
        try (DeviceClient device = device()) {
            for (byte i = 60; i < 70; i++) {
                device.publish(EVENT_TOPIC, new byte[] {i});
            }
            Await.until("the other nine are stored", () -> Set.copyOf(stored).size() == 9);
            Await.until("one is put aside", () -> buried.size() == 1);
            assertThat(buried.get(0)).startsWith(EVENT_TOPIC + " handler-failed");
        }
    }

    @Test
    void requests_for_chunks_pass_while_the_database_is_down() throws Exception {
        try (DeviceClient device = device()) {
            databaseDown.set(true);
            device.publish(EVENT_TOPIC, new byte[] {1});
            device.publish(Topics.deviceOut(DEVICE, OutLeaf.NEED), new byte[] {9});
            Await.until("the request is handled", () -> needed.contains((byte) 9));
            assertThat(stored).isEmpty();
            databaseDown.set(false);
            Await.until("the event follows", () -> stored.contains((byte) 1));
        }
    }

    @Test
    void all_that_is_published_reaches_the_device_though_more_than_the_window_waits() throws Exception {
        String topic = Topics.deviceIn(DEVICE, InLeaf.DESIRED);
        try (DeviceClient device = device()) {
            device.subscribe(Topics.deviceInFilter(DEVICE));
            List<CompletionStage<Void>> sent = new ArrayList<>();
            for (byte i = 0; i < 100; i++) {
                sent.add(link.publish(topic, new byte[] {i}, Delivery.AT_LEAST_ONCE)
                        .orElseThrow());
            }
            Set<Byte> received = new HashSet<>();
            for (int i = 0; i < 100; i++) {
                received.add(device.await(topic).payload()[0]);
            }
            assertThat(received).hasSize(100);
            sent.forEach(stage -> stage.toCompletableFuture().join());
        }
    }

    @Test
    void more_than_the_window_waits_and_more_than_may_wait_is_refused() {
        List<Runnable> onWire = new ArrayList<>();
        PublishWindow window =
                new PublishWindow(2, (topic, payload, delivery, done) -> onWire.add(() -> done.complete(null)));
        List<CompletionStage<Void>> stages = new ArrayList<>();
        for (int i = 0; i < 2 + PublishWindow.MAX_WAITING; i++) {
            stages.add(window.publish("t", new byte[0], Delivery.AT_LEAST_ONCE));
        }
        assertThat(onWire).hasSize(2);
        assertThatThrownBy(() -> window.publish("t", new byte[0], Delivery.AT_LEAST_ONCE)
                        .toCompletableFuture()
                        .join())
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(MqttUnavailableException.class);
        onWire.get(0).run();
        assertThat(onWire).hasSize(3);
        assertThat(stages.get(0).toCompletableFuture()).isCompleted();
        window.close();
        assertThat(stages.get(1).toCompletableFuture()).isCompletedExceptionally();
        assertThat(stages.get(4000).toCompletableFuture()).isCompletedExceptionally();
    }
}
