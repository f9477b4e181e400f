package io.tinyfleet.agent.link;

import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.InLeaf;
import io.tinyfleet.protocol.OutLeaf;
import io.tinyfleet.protocol.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
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
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.jspecify.annotations.Nullable;

/**
 * The connection by Eclipse Paho's MQTT 5 client, around its known faults: a new client for each connection, our own
 * reconnect loop, our own outbox behind it, one callback that only enqueues, manual acknowledgements, and a window below
 * the broker's receive maximum.
 *
 * <p>The loop is one thread of ours; {@link #publish} is called by the agent's loop alone; callbacks come on Paho's
 * threads and carry the number of their connection, so that one from an old connection changes nothing.
 */
public final class PahoLink implements Link {
    /** At-least-once messages under way at once, at most; also kept below the broker's receive maximum. */
    static final int MAX_WINDOW = 16;

    /** Room left below the broker's receive maximum, because its count and ours meet late. */
    static final int RECEIVE_MAXIMUM_MARGIN = 4;

    /** Unacknowledged messages that the broker may send: fewer than the agent's queue has places. */
    static final int RECEIVE_MAXIMUM = 32;

    /** Topics that are left because nobody here has asked for them, in one connection. */
    static final int MAX_STRANGE_TOPICS = 64;

    private static final int FIRST_REFUSING_REASON = 0x80;
    /** Kept, or the setting would be collected with it. What Paho would log comes as an event of the link too. */
    private static final Logger PAHO_LOG = Logger.getLogger("org.eclipse.paho");

    static {
        // A lost connection would otherwise be a stack trace on standard error, and the first one half a megabyte of
        // dates
        // and time zones in the heap.
        PAHO_LOG.setLevel(Level.OFF);
    }

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration GOODBYE = Duration.ofSeconds(2);
    private static final EventLog LOG = EventLog.of("link");

    private final LinkSettings settings;
    private final PinnedTls tls;
    private final LongFunction<byte[]> will;
    private final Predicate<LinkEvent> sink;
    private final Backoff backoff;
    private final AtomicInteger inFlight = new AtomicInteger();
    private volatile @Nullable Connection current;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean closing;
    private @Nullable Thread loop;
    private long connections;

    /** One connection with its own client. */
    private record Connection(
            long number, MqttAsyncClient client, int window, CountDownLatch lost, Set<String> joined) {}

    /**
     * Ready to {@link #open()}.
     *
     * @param earliestNow a time that is past for sure, to judge the broker's certificate by
     * @param will the last will for a connection number
     * @param sink takes an event without waiting; false when it has no place
     */
    public PahoLink(
            LinkSettings settings,
            Supplier<Instant> earliestNow,
            LongFunction<byte[]> will,
            Predicate<LinkEvent> sink,
            RandomGenerator random) {
        this.settings = settings;
        this.tls = new PinnedTls(settings.authorities(), earliestNow);
        this.will = will;
        this.sink = sink;
        this.backoff = new Backoff(random);
    }

    @Override
    public void open() {
        Thread thread = new Thread(this::run, "link");
        thread.setDaemon(true);
        loop = thread;
        thread.start();
    }

    // ---- the reconnect loop

    private void run() {
        while (!closing) {
            try {
                connectAndWait();
            } catch (MqttException e) {
                String why = LinkFailure.explain(e, settings.url());
                LOG.warn("not-connected", "url", settings.url(), "code", e.getReasonCode(), "reason", why);
                enqueue(new LinkEvent.Failed(why));
            } catch (InterruptedException e) {
                // Only close() interrupts, and it has set the flag that ends the loop.
                continue;
            }
            pause();
        }
    }

    private void pause() {
        if (closing) {
            return;
        }
        try {
            boolean ended = closed.await(backoff.next().toMillis(), TimeUnit.MILLISECONDS);
            LOG.debug("waited", "ended", ended);
        } catch (InterruptedException e) {
            // As above: the loop looks at the flag next.
            LOG.debug("waited", "ended", closing);
        }
    }

    private void connectAndWait() throws MqttException, InterruptedException {
        long number = ++connections;
        CountDownLatch lost = new CountDownLatch(1);
        MqttAsyncClient client =
                new MqttAsyncClient(settings.url(), settings.device().value(), new MemoryPersistence());
        try {
            client.setManualAcks(true);
            Callbacks callbacks = new Callbacks(number, client, lost);
            client.setCallback(callbacks);
            IMqttToken connected = client.connect(options(number));
            connected.waitForCompletion(PATIENCE.toMillis());
            Connection connection = new Connection(number, client, window(connected), lost, callbacks.joined);
            inFlight.set(0);
            IMqttToken subscribed = client.subscribe(Topics.deviceInFilter(settings.device()), 1);
            subscribed.waitForCompletion(PATIENCE.toMillis());
            current = connection;
            backoff.succeeded();
            LOG.info("connected", "url", settings.url(), "connection", number, "window", connection.window());
            enqueue(new LinkEvent.Up(number));
            lost.await();
        } finally {
            boolean wasUp = current != null;
            if (!closing) {
                current = null;
                discard(client);
            }
            if (wasUp) {
                enqueue(new LinkEvent.Down("connection " + number + " is gone"));
            }
        }
    }

    private MqttConnectionOptions options(long number) {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setAutomaticReconnect(false);
        options.setCleanStart(false);
        options.setSessionExpiryInterval(settings.sessionExpiry().toSeconds());
        options.setKeepAliveInterval((int) settings.keepAlive().toSeconds());
        options.setConnectionTimeout((int) PATIENCE.toSeconds());
        options.setReceiveMaximum(RECEIVE_MAXIMUM);
        options.setTopicAliasMaximum(0);
        if (settings.isEncrypted()) {
            options.setSocketFactory(tls.sockets());
            options.setHttpsHostnameVerificationEnabled(true);
        }
        options.setUserName(settings.username());
        options.setPassword(settings.password().getBytes(StandardCharsets.UTF_8));
        MqttMessage last = new MqttMessage(will.apply(number));
        last.setQos(1);
        options.setWill(Topics.deviceOut(settings.device(), OutLeaf.STATE), last);
        return options;
    }

    private static int window(IMqttToken connected) {
        MqttProperties properties = connected.getResponseProperties();
        Integer receiveMaximum = properties == null ? null : properties.getReceiveMaximum();
        int theirs = receiveMaximum == null ? 65_535 : receiveMaximum;
        return Math.max(1, Math.min(MAX_WINDOW, theirs - RECEIVE_MAXIMUM_MARGIN));
    }

    private static void discard(MqttAsyncClient client) {
        try {
            client.disconnectForcibly(0, 500, false);
        } catch (MqttException e) {
            LOG.debug("not-disconnected", "reason", reason(e));
        }
        try {
            client.close(true);
        } catch (MqttException e) {
            LOG.debug("not-closed", "reason", reason(e));
        }
    }

    private static String reason(MqttException e) {
        Throwable cause = e.getCause();
        return e.getReasonCode() + " " + (cause == null ? e.getMessage() : cause);
    }

    private void enqueue(LinkEvent event) {
        if (!sink.test(event)) {
            LOG.warn("queue-full", "dropped", event.getClass().getSimpleName());
        }
    }

    // ---- publishing

    @Override
    public int room() {
        Connection connection = current;
        return connection == null ? 0 : Math.max(0, connection.window() - inFlight.get());
    }

    @Override
    public boolean publish(OutLeaf leaf, byte[] payload, Quality quality, Object token) {
        Connection connection = current;
        if (connection == null || (quality == Quality.AT_LEAST_ONCE && room() == 0)) {
            return false;
        }
        MqttMessage message = new MqttMessage(payload);
        message.setQos(quality == Quality.AT_LEAST_ONCE ? 1 : 0);
        if (quality == Quality.AT_LEAST_ONCE) {
            inFlight.incrementAndGet();
        }
        try {
            connection
                    .client()
                    .publish(
                            Topics.deviceOut(settings.device(), leaf),
                            message,
                            null,
                            new Outcome(connection.number(), quality, token));
            return true;
        } catch (MqttException e) {
            if (quality == Quality.AT_LEAST_ONCE) {
                inFlight.decrementAndGet();
            }
            LOG.debug("not-published", "leaf", leaf, "reason", reason(e));
            return false;
        }
    }

    private boolean isCurrent(long number) {
        Connection connection = current;
        return connection != null && connection.number() == number;
    }

    /** Ends one publish; called on a thread of Paho's. */
    private final class Outcome implements MqttActionListener {
        private final long number;
        private final Quality quality;
        private final Object token;

        Outcome(long number, Quality quality, Object token) {
            this.number = number;
            this.quality = quality;
            this.token = token;
        }

        @Override
        public void onSuccess(IMqttToken published) {
            if (isCurrent(number) && quality == Quality.AT_LEAST_ONCE) {
                inFlight.decrementAndGet();
                enqueue(new LinkEvent.Delivered(token));
            }
        }

        @Override
        public void onFailure(IMqttToken published, @Nullable Throwable why) {
            if (isCurrent(number) && quality == Quality.AT_LEAST_ONCE) {
                inFlight.decrementAndGet();
            }
        }
    }

    // ---- chunks for all

    @Override
    public void joinShared(Digest blob) {
        Connection connection = current;
        if (connection == null) {
            return;
        }
        String topic = Topics.blobShared(blob);
        connection.joined().add(topic);
        try {
            connection.client().subscribe(topic, 0, null, new MqttActionListener() {
                @Override
                public void onSuccess(IMqttToken token) {
                    int[] codes = token.getReasonCodes();
                    answer(codes == null || codes.length == 0 || codes[0] < FIRST_REFUSING_REASON);
                }

                @Override
                public void onFailure(IMqttToken token, @Nullable Throwable why) {
                    answer(false);
                }

                private void answer(boolean granted) {
                    if (isCurrent(connection.number())) {
                        enqueue(new LinkEvent.SharedJoined(blob, granted));
                    }
                }
            });
        } catch (MqttException e) {
            LOG.warn("not-subscribed", "topic", topic, "reason", reason(e));
            enqueue(new LinkEvent.SharedJoined(blob, false));
        }
    }

    @Override
    public void leaveShared(Digest blob) {
        Connection connection = current;
        if (connection != null) {
            String topic = Topics.blobShared(blob);
            connection.joined().remove(topic);
            unsubscribe(connection.client(), topic);
        }
    }

    private static void unsubscribe(MqttAsyncClient client, String topic) {
        try {
            client.unsubscribe(topic);
        } catch (MqttException e) {
            LOG.debug("not-unsubscribed", "topic", topic, "reason", reason(e));
        }
    }

    // ---- receiving

    /** Only enqueues; called on threads of Paho's. */
    private final class Callbacks implements MqttCallback {
        private final long number;
        private final MqttAsyncClient client;
        private final CountDownLatch lost;
        private final Set<String> joined = ConcurrentHashMap.newKeySet();
        /** Topics of an earlier life that the broker still sends; each is left once. */
        private final Set<String> strange = ConcurrentHashMap.newKeySet();

        Callbacks(long number, MqttAsyncClient client, CountDownLatch lost) {
            this.number = number;
            this.client = client;
            this.lost = lost;
        }

        @Override
        public void messageArrived(String topic, MqttMessage message) {
            if (Topics.isBlobShared(topic)) {
                shared(topic, message);
                return;
            }
            Optional<InLeaf> leaf = Topics.parseIn(topic)
                    .filter(inbound -> inbound.device().equals(settings.device()))
                    .map(Topics.Inbound::leaf);
            int id = message.getId();
            int quality = message.getQos();
            Runnable handled = () -> acknowledge(id, quality);
            if (leaf.isEmpty()) {
                LOG.warn("unknown-topic", "topic", topic);
                handled.run();
                return;
            }
            // Without a place in the queue it stays unacknowledged: the broker sends it with the next connection.
            enqueue(new LinkEvent.Received(leaf.get(), message.getPayload(), handled));
        }

        private void shared(String topic, MqttMessage message) {
            acknowledge(message.getId(), message.getQos());
            if (joined.contains(topic)) {
                // Without a place in the queue it is lost, and asked for again.
                if (!sink.test(new LinkEvent.ReceivedShared(message.getPayload()))) {
                    LOG.debug("shared-chunk-dropped", "topic", topic);
                }
            } else if (strange.size() < MAX_STRANGE_TOPICS && strange.add(topic)) {
                unsubscribe(client, topic);
            }
        }

        private void acknowledge(int id, int quality) {
            if (quality == 0 || !client.isConnected()) {
                return;
            }
            try {
                client.messageArrivedComplete(id, quality);
            } catch (MqttException e) {
                LOG.debug("not-acknowledged", "reason", reason(e));
            }
        }

        @Override
        public void disconnected(MqttDisconnectResponse response) {
            LOG.warn("disconnected", "connection", number, "reason", String.valueOf(response.getReasonString()));
            lost.countDown();
        }

        @Override
        public void mqttErrorOccurred(MqttException error) {
            LOG.warn("broker-error", "connection", number, "reason", reason(error));
        }

        @Override
        public void deliveryComplete(IMqttToken token) {
            // Outcome hears of it too, with the token of ours.
        }

        @Override
        public void connectComplete(boolean reconnect, String url) {
            // The loop waits for the token instead.
        }

        @Override
        public void authPacketArrived(int reasonCode, MqttProperties properties) {
            LOG.warn("unexpected-auth", "connection", number, "code", reasonCode);
        }
    }

    @Override
    public void close() {
        closing = true;
        closed.countDown();
        Connection connection = current;
        if (connection != null) {
            try {
                connection.client().disconnect(GOODBYE.toMillis()).waitForCompletion(GOODBYE.toMillis());
            } catch (MqttException e) {
                LOG.debug("goodbye-failed", "reason", reason(e));
            }
            current = null;
            discard(connection.client());
            connection.lost().countDown();
        }
        Thread thread = loop;
        if (thread != null) {
            thread.interrupt();
        }
    }
}
