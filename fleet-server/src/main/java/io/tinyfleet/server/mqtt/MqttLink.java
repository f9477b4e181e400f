package io.tinyfleet.server.mqtt;

import io.tinyfleet.protocol.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One connection to the broker that comes back by itself. The client library's own reconnect is not used: it loops for
 * ever with messages in flight, does not cover the first connect, and repeats packet ids. Each connection has a client of
 * its own, and what belongs to an earlier connection is told apart by it.
 */
final class MqttLink {
    private static final Logger LOG = Logger.getLogger(MqttLink.class);
    private static final Object SUBSCRIBING = new Object();
    private static final int RECEIVE_MAXIMUM = 500;
    private static final int PUBLISH_WINDOW = 16;
    /** Kept free in the broker's receive maximum; the library counts packets that are not publishes too. */
    private static final int WINDOW_RESERVE = 4;

    private static final int QOS_AT_LEAST_ONCE = 1;
    private static final int FIRST_REFUSING_REASON = 0x80;
    private static final int KEEP_ALIVE_SECONDS = 30;
    private static final long SESSION_EXPIRY_SECONDS = Duration.ofDays(1).toSeconds();
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration DISCONNECT_TIMEOUT = Duration.ofSeconds(2);

    private final LinkSettings settings;
    private final Predicate<Inbound> queue;
    private final InstantSource clock;
    private final Backoff backoff;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread thread;
    private volatile @Nullable Connection current;

    /** @param queue takes a message without blocking; false when it is full */
    MqttLink(LinkSettings settings, Predicate<Inbound> queue, InstantSource clock, RandomGenerator random) {
        this.settings = settings;
        this.queue = queue;
        this.clock = clock;
        this.backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(60), random);
        this.thread = new Thread(this::keepConnected, "mqtt-link-" + settings.clientId());
        this.thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    boolean isConnected() {
        return current != null;
    }

    Optional<CompletionStage<Void>> publish(String topic, byte[] payload, Delivery delivery) {
        Connection connection = current;
        return connection == null ? Optional.empty() : Optional.of(connection.window.publish(topic, payload, delivery));
    }

    void stop() throws InterruptedException {
        stopped.countDown();
        Connection connection = current;
        if (connection != null) {
            connection.lost.countDown();
        }
        thread.join(CONNECT_TIMEOUT.plus(DISCONNECT_TIMEOUT).toMillis());
    }

    private void keepConnected() {
        try {
            do {
                try (Connection connection = new Connection()) {
                    connection.open();
                    LOG.infof("connected broker=%s client=%s", settings.broker(), settings.clientId());
                    backoff.reset();
                    current = connection;
                    connection.lost.await();
                    current = null;
                } catch (MqttException e) {
                    LOG.warnf(
                            "no connection broker=%s client=%s reason=%s",
                            settings.broker(), settings.clientId(), reason(e));
                }
            } while (!stopped.await(backoff.next().toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            // Only the virtual machine's end interrupts this thread; there is nobody left to tell.
            Thread.currentThread().interrupt();
        } finally {
            current = null;
        }
    }

    private static String reason(MqttException e) {
        return e.getReasonCode() + " "
                + (e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
    }

    /** One life of the link, with a client of its own. */
    private final class Connection implements MqttCallback, AutoCloseable {
        private final MqttAsyncClient client;
        private final CountDownLatch lost = new CountDownLatch(1);
        private PublishWindow window = new PublishWindow(PUBLISH_WINDOW, this::send);

        Connection() throws MqttException {
            client = new MqttAsyncClient(settings.broker().toString(), settings.clientId(), new MemoryPersistence());
            client.setManualAcks(true);
            client.setCallback(this);
        }

        void open() throws MqttException {
            MqttConnectionOptions options = new MqttConnectionOptions();
            options.setAutomaticReconnect(false);
            options.setCleanStart(false);
            options.setSessionExpiryInterval(SESSION_EXPIRY_SECONDS);
            options.setReceiveMaximum(RECEIVE_MAXIMUM);
            options.setTopicAliasMaximum(0);
            options.setKeepAliveInterval(KEEP_ALIVE_SECONDS);
            options.setConnectionTimeout((int) CONNECT_TIMEOUT.toSeconds());
            options.setExecutorServiceTimeout(0);
            settings.username().ifPresent(options::setUserName);
            settings.password()
                    .map(password -> password.getBytes(StandardCharsets.UTF_8))
                    .ifPresent(options::setPassword);
            IMqttToken connected = client.connect(options);
            connected.waitForCompletion(CONNECT_TIMEOUT.toMillis());
            window = new PublishWindow(windowFor(connected.getResponseProperties()), this::send);
            subscribe();
        }

        private void subscribe() throws MqttException {
            // One link at a time: Artemis refuses one of two that create the queue of their share at once.
            synchronized (SUBSCRIBING) {
                // Again after every connect: a shared subscription is not part of the session with every broker.
                IMqttToken subscribed = client.subscribe(
                        new MqttSubscription[] {new MqttSubscription(Topics.SHARED_SERVER_FILTER, QOS_AT_LEAST_ONCE)},
                        null,
                        (MqttActionListener) null,
                        new MqttProperties());
                subscribed.waitForCompletion(CONNECT_TIMEOUT.toMillis());
                requireGranted(subscribed);
            }
        }

        private int windowFor(@Nullable MqttProperties answer) {
            Integer receiveMaximum = answer == null ? null : answer.getReceiveMaximum();
            return receiveMaximum == null
                    ? PUBLISH_WINDOW
                    : Math.max(1, Math.min(PUBLISH_WINDOW, receiveMaximum - WINDOW_RESERVE));
        }

        private void requireGranted(IMqttToken subscribed) throws MqttException {
            int[] codes = subscribed.getReasonCodes();
            if (codes != null && codes.length > 0 && codes[0] >= FIRST_REFUSING_REASON) {
                throw new MqttException(codes[0]);
            }
        }

        private void send(String topic, byte[] payload, Delivery delivery, CompletableFuture<Void> done) {
            MqttMessage message = new MqttMessage(payload);
            message.setQos(delivery.qos());
            delivery.findExpiry().ifPresent(expiry -> {
                MqttProperties properties = new MqttProperties();
                properties.setMessageExpiryInterval(expiry.toSeconds());
                message.setProperties(properties);
            });
            try {
                client.publish(topic, message, null, new MqttActionListener() {
                    @Override
                    public void onSuccess(IMqttToken token) {
                        int[] codes = token.getReasonCodes();
                        if (codes != null && codes.length > 0 && codes[0] >= FIRST_REFUSING_REASON) {
                            done.completeExceptionally(new MqttUnavailableException(
                                    "the broker refused a message on " + topic + " with reason " + codes[0]));
                        } else {
                            done.complete(null);
                        }
                    }

                    @Override
                    public void onFailure(IMqttToken token, Throwable failure) {
                        done.completeExceptionally(
                                new MqttUnavailableException("the broker did not take the message", failure));
                    }
                });
            } catch (MqttException e) {
                done.completeExceptionally(new MqttUnavailableException("the client refused the message", e));
            }
        }

        @Override
        public void messageArrived(String topic, MqttMessage message) {
            // Anything thrown here is swallowed and the message acknowledged: so nothing but queueing.
            int id = message.getId();
            int qos = message.getQos();
            Inbound inbound = new Inbound(topic, message.getPayload(), clock.instant(), new Inbound.Receipt() {
                @Override
                public boolean isCurrent() {
                    return lost.getCount() > 0;
                }

                @Override
                public void acknowledge() {
                    Connection.this.acknowledge(id, qos);
                }
            });
            if (!queue.test(inbound) && qos > 0) {
                LOG.warnf("queue full, connecting anew client=%s", settings.clientId());
                lost.countDown();
            }
        }

        private void acknowledge(int id, int qos) {
            if (lost.getCount() == 0 || qos == 0) {
                return;
            }
            try {
                client.messageArrivedComplete(id, qos);
            } catch (MqttException e) {
                // Unacknowledged is safe: the message comes again and its mark says that it is stored.
                LOG.debugf("cannot acknowledge client=%s reason=%s", settings.clientId(), reason(e));
            }
        }

        @Override
        public void disconnected(MqttDisconnectResponse response) {
            LOG.infof("disconnected client=%s reason=%s", settings.clientId(), response.getReasonString());
            lost.countDown();
        }

        @Override
        public void mqttErrorOccurred(MqttException exception) {
            LOG.warnf("link fault client=%s reason=%s", settings.clientId(), reason(exception));
        }

        @Override
        public void deliveryComplete(IMqttToken token) {}

        @Override
        public void connectComplete(boolean reconnect, String serverUri) {}

        @Override
        public void authPacketArrived(int reasonCode, MqttProperties properties) {}

        @Override
        public void close() {
            lost.countDown();
            window.close();
            try {
                if (client.isConnected()) {
                    client.disconnect(DISCONNECT_TIMEOUT.toMillis()).waitForCompletion(DISCONNECT_TIMEOUT.toMillis());
                }
                client.close(true);
            } catch (MqttException e) {
                LOG.debugf("closing client=%s reason=%s", settings.clientId(), reason(e));
            }
        }
    }
}
