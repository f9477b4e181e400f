package io.tinyfleet.agent.link;

import io.tinyfleet.agent.log.EventLog;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.jspecify.annotations.Nullable;

/**
 * A broker on the device or beside it, for input and results: one topic each, at most once, a new client for each
 * connection. Nothing of the fleet goes this way.
 */
public final class LocalBroker {

    private static final EventLog LOG = EventLog.of("link");
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);
    private static final int KEEP_ALIVE_SECONDS = 30;
    private static final int STACK_BYTES = 256 * 1024;

    private LocalBroker() {}

    /** What a subscription brings. Called by the client's thread: must not wait. */
    public interface Listener {
        void message(byte[] payload);

        void trouble(String reason);
    }

    /** Hears one topic until it is closed; connects again by itself. */
    public static Closeable hear(String url, String clientId, String topic, Listener listener) {
        Hearing hearing = new Hearing(url, clientId, topic, listener);
        hearing.thread.start();
        return hearing;
    }

    /** Says things on one topic; connects when there is something to say. */
    public static Speaking speak(String url, String clientId, String topic) {
        return new Speaking(url, clientId, topic);
    }

    private static MqttAsyncClient connect(String url, String clientId, MqttCallback callback) throws MqttException {
        MqttAsyncClient client = new MqttAsyncClient(url, clientId, new MemoryPersistence());
        try {
            client.setCallback(callback);
            MqttConnectionOptions options = new MqttConnectionOptions();
            options.setAutomaticReconnect(false);
            options.setCleanStart(true);
            options.setKeepAliveInterval(KEEP_ALIVE_SECONDS);
            options.setConnectionTimeout((int) PATIENCE.toSeconds());
            client.connect(options).waitForCompletion(PATIENCE.toMillis());
            return client;
        } catch (MqttException e) {
            discard(client);
            throw e;
        }
    }

    private static void discard(MqttAsyncClient client) {
        try {
            client.disconnectForcibly(0, 100, false);
        } catch (MqttException e) {
            LOG.debug("local-not-disconnected", "reason", String.valueOf(e.getMessage()));
        }
        try {
            client.close(true);
        } catch (MqttException e) {
            LOG.debug("local-not-closed", "reason", String.valueOf(e.getMessage()));
        }
    }

    private static String why(MqttException e) {
        Throwable cause = e.getCause();
        return cause == null ? String.valueOf(e.getMessage()) : String.valueOf(cause.getMessage());
    }

    private static final class Hearing implements Closeable {

        private final String url;
        private final String clientId;
        private final String topic;
        private final Listener listener;
        private final CountDownLatch closed = new CountDownLatch(1);
        private final Thread thread;

        Hearing(String url, String clientId, String topic, Listener listener) {
            this.url = url;
            this.clientId = clientId;
            this.topic = topic;
            this.listener = listener;
            this.thread = new Thread(null, this::run, "mqtt-source", STACK_BYTES);
            thread.setDaemon(true);
        }

        private void run() {
            Duration pause = Duration.ofSeconds(1);
            try {
                boolean over = false;
                while (!over) {
                    try {
                        hearUntilLost();
                        pause = Duration.ofSeconds(1);
                    } catch (MqttException e) {
                        listener.trouble("the broker " + url + " cannot be reached: " + why(e));
                        pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0
                                ? LONGEST_PAUSE
                                : pause.multipliedBy(2);
                    }
                    over = closed.await(pause.toMillis(), TimeUnit.MILLISECONDS);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void hearUntilLost() throws MqttException, InterruptedException {
            CountDownLatch lost = new CountDownLatch(1);
            MqttAsyncClient client = connect(url, clientId, new Callbacks(listener::message, lost));
            try {
                client.subscribe(topic, 0).waitForCompletion(PATIENCE.toMillis());
                LOG.info("local-topic-heard", "url", url, "topic", topic);
                boolean gone = false;
                while (!gone && closed.getCount() > 0) {
                    gone = lost.await(1, TimeUnit.SECONDS);
                }
                if (gone) {
                    listener.trouble("the broker " + url + " closed the connection");
                }
            } finally {
                discard(client);
            }
        }

        @Override
        public void close() {
            closed.countDown();
        }
    }

    /** One topic to publish on. Owned by one thread. */
    public static final class Speaking implements Closeable {

        private final String url;
        private final String clientId;
        private final String topic;
        private @Nullable MqttAsyncClient client;

        private Speaking(String url, String clientId, String topic) {
            this.url = url;
            this.clientId = clientId;
            this.topic = topic;
        }

        /** Waits until the broker has taken it, for some seconds at most. */
        public void say(String text) throws IOException {
            try {
                MqttAsyncClient open = client;
                if (open == null || !open.isConnected()) {
                    close();
                    open = connect(url, clientId, new Callbacks(payload -> {}, new CountDownLatch(1)));
                    client = open;
                }
                IMqttToken sent = open.publish(topic, text.getBytes(StandardCharsets.UTF_8), 1, false);
                sent.waitForCompletion(PATIENCE.toMillis());
            } catch (MqttException e) {
                close();
                throw new IOException("the broker " + url + " did not take it: " + why(e), e);
            }
        }

        @Override
        public void close() {
            MqttAsyncClient open = client;
            client = null;
            if (open != null) {
                discard(open);
            }
        }
    }

    private record Callbacks(Consumer<byte[]> message, CountDownLatch lost) implements MqttCallback {

        @Override
        public void disconnected(MqttDisconnectResponse response) {
            lost.countDown();
        }

        @Override
        public void mqttErrorOccurred(MqttException exception) {
            LOG.debug("local-error", "reason", String.valueOf(exception.getMessage()));
        }

        @Override
        public void messageArrived(String topic, MqttMessage received) {
            message.accept(received.getPayload());
        }

        @Override
        public void deliveryComplete(IMqttToken token) {}

        @Override
        public void connectComplete(boolean reconnect, String serverUri) {}

        @Override
        public void authPacketArrived(int reasonCode, MqttProperties properties) {}
    }
}
