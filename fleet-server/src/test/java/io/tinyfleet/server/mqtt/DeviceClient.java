package io.tinyfleet.server.mqtt;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;
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
import org.jspecify.annotations.Nullable;

/** A device as far as the broker is concerned: a real MQTT client over a real connection. */
public final class DeviceClient implements MqttCallback, AutoCloseable {
    private static final long WAIT_MILLIS = Duration.ofSeconds(10).toMillis();

    /** A message that came to the device. */
    public record Received(String topic, byte[] payload) {}

    private final MqttAsyncClient client;
    private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
    private final RememberedSockets sockets = new RememberedSockets();
    private final CountDownLatch disconnected = new CountDownLatch(1);

    /** Opens a client; {@link #connect} does the rest. */
    public DeviceClient(String url, String clientId) throws MqttException {
        client = new MqttAsyncClient(url, clientId, new MemoryPersistence());
        client.setCallback(this);
    }

    /** Connects with these credentials and without a will. */
    public DeviceClient connect(String user, String password) throws MqttException {
        return connect(user, password, null, new byte[0]);
    }

    /** Connects with these credentials and, if a topic is given, a last will. */
    public DeviceClient connect(String user, String password, @Nullable String willTopic, byte[] will)
            throws MqttException {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setUserName(user);
        options.setPassword(password.getBytes(StandardCharsets.UTF_8));
        options.setCleanStart(true);
        options.setSessionExpiryInterval(3600L);
        options.setConnectionTimeout(5);
        options.setExecutorServiceTimeout(0);
        options.setSocketFactory(sockets);
        if (willTopic != null) {
            MqttMessage message = new MqttMessage(will);
            message.setQos(1);
            options.setWill(willTopic, message);
        }
        client.connect(options).waitForCompletion(WAIT_MILLIS);
        return this;
    }

    /** The broker's reason code for the subscription. */
    public int subscribe(String filter) throws MqttException {
        IMqttToken token = client.subscribe(
                new MqttSubscription[] {new MqttSubscription(filter, 1)},
                null,
                (MqttActionListener) null,
                new MqttProperties());
        token.waitForCompletion(WAIT_MILLIS);
        return token.getReasonCodes()[0];
    }

    /** The broker's reason code for giving up the subscription. */
    public int unsubscribe(String filter) throws MqttException {
        IMqttToken token = client.unsubscribe(new String[] {filter}, null, null, new MqttProperties());
        token.waitForCompletion(WAIT_MILLIS);
        return token.getReasonCodes()[0];
    }

    /** The broker's reason code for the message: 0x80 and above refuse it. */
    public int publish(String topic, byte[] payload) throws MqttException {
        MqttMessage message = new MqttMessage(payload);
        message.setQos(1);
        IMqttToken token = client.publish(topic, message, null, null);
        token.waitForCompletion(WAIT_MILLIS);
        int[] codes = token.getReasonCodes();
        return codes == null || codes.length == 0 ? 0 : codes[0];
    }

    /** Waits for a message on this topic and drops what comes before it. */
    public Received await(String topic) throws InterruptedException {
        while (true) {
            Received next = received.poll(WAIT_MILLIS, TimeUnit.MILLISECONDS);
            if (next == null) {
                throw new AssertionError("nothing came on " + topic + " within " + WAIT_MILLIS + " ms");
            }
            if (next.topic().equals(topic)) {
                return next;
            }
        }
    }

    /** What has come and was not awaited. */
    public int pending() {
        return received.size();
    }

    /** True when the broker ends the connection within the deadline. */
    public boolean awaitDisconnect() throws InterruptedException {
        return disconnected.await(WAIT_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Ends the connection without a word, as a power cut does: the broker publishes the will. */
    public void cut() throws IOException {
        for (Socket socket : sockets.opened) {
            socket.close();
        }
    }

    private static final class RememberedSockets extends SocketFactory {
        private final List<Socket> opened = new CopyOnWriteArrayList<>();

        @Override
        public Socket createSocket() {
            Socket socket = new Socket();
            opened.add(socket);
            return socket;
        }

        @Override
        public Socket createSocket(String host, int port) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(InetAddress host, int port) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort) {
            throw new UnsupportedOperationException();
        }
    }

    @Override
    public void messageArrived(String topic, MqttMessage message) {
        received.add(new Received(topic, message.getPayload()));
    }

    @Override
    public void disconnected(MqttDisconnectResponse response) {
        disconnected.countDown();
    }

    @Override
    public void mqttErrorOccurred(MqttException exception) {}

    @Override
    public void deliveryComplete(IMqttToken token) {}

    @Override
    public void connectComplete(boolean reconnect, String serverUri) {}

    @Override
    public void authPacketArrived(int reasonCode, MqttProperties properties) {}

    @Override
    public void close() throws MqttException {
        if (client.isConnected()) {
            client.disconnect(0).waitForCompletion(WAIT_MILLIS);
        }
        client.close(true);
    }
}
