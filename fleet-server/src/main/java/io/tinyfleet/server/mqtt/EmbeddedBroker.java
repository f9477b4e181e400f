package io.tinyfleet.server.mqtt;

import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectPayload;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttTopicSubscription;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Limits;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.TransportConfiguration;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.CoreAddressConfiguration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTInterceptor;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyAcceptor;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyAcceptorFactory;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.core.settings.impl.AddressFullMessagePolicy;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;
import org.apache.activemq.artemis.core.settings.impl.PageFullMessagePolicy;
import org.apache.activemq.artemis.spi.core.protocol.RemotingConnection;

/** An Apache Artemis inside this process, speaking MQTT only. One thread starts and stops it. */
final class EmbeddedBroker {
    private static final String ACCEPTOR = "mqtt";
    /** For the server's own links, beside a listener that wants TLS: what never leaves this machine is not encrypted. */
    private static final String INNER_ACCEPTOR = "links";

    private static final String LOOPBACK = "127.0.0.1";
    /** 1.2 for the libraries of small devices; our agent takes 1.3 alone. */
    private static final String TLS_VERSIONS = "TLSv1.3,TLSv1.2";

    private static final String DEAD_LETTER_ADDRESS = "tinyfleet.dead-letter";
    private static final long DEAD_LETTER_MESSAGES = 1000;
    private static final long ADDRESS_MEMORY_BYTES = 4L << 20;
    private static final int PAGE_BYTES = 1 << 20;
    /** What one device that never comes back can leave on disk. */
    private static final long ADDRESS_DISK_BYTES = 256L << 20;

    private static final long ALL_MEMORY_BYTES = 64L << 20;
    private static final int JOURNAL_FILE_BYTES = 4 << 20;
    private static final Duration UNDELIVERED_FOR = Duration.ofDays(7);
    private static final int DELIVERY_ATTEMPTS = 50;
    private static final int WILL_DELAY_SECONDS = 1;
    /** Room for the topic and properties around the largest payload. */
    private static final int MAX_PACKET_BYTES = Limits.MAX_MESSAGE_BYTES + 4096;

    private final BrokerSettings settings;
    private final BrokerSecurity security;
    private final EmbeddedActiveMQ broker = new EmbeddedActiveMQ();
    private final Optional<String> tls;

    EmbeddedBroker(BrokerSettings settings, BrokerSecurity security) {
        this.settings = settings;
        this.security = security;
        this.tls = settings.tls().map(ListenerTls::offer);
    }

    void start() throws Exception {
        broker.setConfiguration(configuration());
        broker.setSecurityManager(security);
        broker.start();
        broker.getActiveMQServer().getRemotingService().addIncomingInterceptor((MQTTInterceptor)
                EmbeddedBroker::acceptable);
    }

    /** The port for devices that it really listens on. */
    int port() {
        return port(ACCEPTOR);
    }

    /** Where the server's own links connect: the devices' own listener, or one on loopback that devices may not use. */
    URI addressOfLinks() {
        return tls.isPresent()
                ? URI.create("tcp://" + LOOPBACK + ":" + port(INNER_ACCEPTOR))
                : URI.create("tcp://" + settings.host() + ":" + port());
    }

    private int port(String acceptor) {
        return ((NettyAcceptor) broker.getActiveMQServer().getRemotingService().getAcceptor(acceptor)).getActualPort();
    }

    void stop() throws Exception {
        broker.stop();
        tls.ifPresent(ListenerTls::withdraw);
    }

    /**
     * What the permissions do not cover, refused at the door by ending the connection. A last will is published by the
     * broker itself when the client is gone, past all permissions. And a refused subscription is cleaned up by deleting
     * the queue of its name, which may be another's: {@code $share/dev-8/fleet/v1/d/dev-8/in/#} has the name of dev-8's
     * own.
     */
    private static boolean acceptable(MqttMessage packet, RemotingConnection connection) {
        if (packet instanceof MqttConnectMessage connect) {
            return !connect.variableHeader().isWillFlag() || acceptableWill(connect.payload());
        }
        List<String> filters = List.of();
        if (packet instanceof MqttSubscribeMessage subscribe) {
            filters = subscribe.payload().topicSubscriptions().stream()
                    .map(MqttTopicSubscription::topicFilter)
                    .toList();
        } else if (packet instanceof MqttUnsubscribeMessage unsubscribe) {
            filters = unsubscribe.payload().topics();
        }
        Optional<DeviceId> device = BrokerSecurity.deviceNamed(connection.getClientID());
        return device.isEmpty() || filters.stream().allMatch(filter -> BrokerSecurity.mayRead(device.get(), filter));
    }

    /**
     * Also makes the will work: of a session that outlives its connection, this broker publishes only wills with a delay
     * before the session's end.
     */
    private static boolean acceptableWill(MqttConnectPayload connect) {
        int delay = MqttPropertyType.WILL_DELAY_INTERVAL.value();
        if (connect.willProperties().getProperty(delay) == null) {
            connect.willProperties().add(new MqttProperties.IntegerProperty(delay, WILL_DELAY_SECONDS));
        }
        return BrokerSecurity.deviceNamed(connect.clientIdentifier())
                .filter(device -> BrokerSecurity.ownOutTopics(device).contains(connect.willTopic()))
                .isPresent();
    }

    private Configuration configuration() throws Exception {
        AddressSettings everywhere = new AddressSettings()
                .setAddressFullMessagePolicy(AddressFullMessagePolicy.PAGE)
                .setMaxSizeBytes(ADDRESS_MEMORY_BYTES)
                .setPageSizeBytes(PAGE_BYTES)
                .setPageLimitBytes(ADDRESS_DISK_BYTES)
                .setPageFullMessagePolicy(PageFullMessagePolicy.DROP)
                .setMaxDeliveryAttempts(DELIVERY_ATTEMPTS)
                .setDeadLetterAddress(SimpleString.of(DEAD_LETTER_ADDRESS))
                .setExpiryAddress(SimpleString.of(DEAD_LETTER_ADDRESS))
                .setAutoDeleteAddresses(true)
                .setAutoDeleteQueues(true);
        // What a device that stays away would have been told is stale anyway: it says hello and is told anew.
        AddressSettings toDevices = new AddressSettings().setExpiryDelay(UNDELIVERED_FOR.toMillis());
        String folder = settings.folder().toAbsolutePath().toString();
        Configuration configuration = new ConfigurationImpl();
        if (tls.isPresent()) {
            configuration.addAcceptorConfiguration(innerAcceptor());
        }
        return configuration
                .setName("tinyfleet")
                .setPersistenceEnabled(true)
                .setJournalType(JournalType.NIO)
                .setJournalDatasync(true)
                .setJournalFileSize(JOURNAL_FILE_BYTES)
                .setJournalDirectory(folder + "/journal")
                .setBindingsDirectory(folder + "/bindings")
                .setLargeMessagesDirectory(folder + "/large")
                .setPagingDirectory(folder + "/paging")
                .setMinDiskFree(settings.minDiskFreeBytes())
                .setGlobalMaxSize(ALL_MEMORY_BYTES)
                .setSecurityEnabled(true)
                .setAuthenticationCacheSize(settings.securityCacheEntries())
                .setAuthorizationCacheSize(settings.securityCacheEntries())
                .setJMXManagementEnabled(false)
                .setMessageCounterEnabled(false)
                .setScheduledThreadPoolMaxSize(2)
                .setThreadPoolMaxSize(8)
                .addAcceptorConfiguration(acceptor())
                .addAddressSetting("#", everywhere)
                .addAddressSetting("fleet.v1.d.*.in.#", toDevices)
                .addAddressConfiguration(deadLetters());
    }

    private TransportConfiguration acceptor() {
        Map<String, Object> parameters = parameters(settings.host(), settings.port());
        tls.ifPresent(context -> {
            parameters.put("sslEnabled", true);
            parameters.put("sslContext", context);
            parameters.put("enabledProtocols", TLS_VERSIONS);
        });
        return new TransportConfiguration(NettyAcceptorFactory.class.getName(), parameters, ACCEPTOR);
    }

    private static TransportConfiguration innerAcceptor() {
        return new TransportConfiguration(
                NettyAcceptorFactory.class.getName(), parameters(LOOPBACK, 0), INNER_ACCEPTOR);
    }

    private static Map<String, Object> parameters(String host, int port) {
        Map<String, Object> parameters = new HashMap<>();
        parameters.put("host", host);
        parameters.put("port", port);
        parameters.put("protocols", "MQTT");
        // Topic aliases and reconnecting clients do not go together in Paho.
        parameters.put("topicAliasMaximum", 0);
        parameters.put("maximumPacketSize", MAX_PACKET_BYTES);
        parameters.put("useEpoll", false);
        parameters.put("remotingThreads", 2);
        return parameters;
    }

    private static CoreAddressConfiguration deadLetters() {
        return new CoreAddressConfiguration()
                .setName(DEAD_LETTER_ADDRESS)
                .addRoutingType(RoutingType.ANYCAST)
                .addQueueConfiguration(QueueConfiguration.of(DEAD_LETTER_ADDRESS)
                        .setAddress(DEAD_LETTER_ADDRESS)
                        .setRoutingType(RoutingType.ANYCAST)
                        .setRingSize(DEAD_LETTER_MESSAGES));
    }

    /** Ends what the device has open; with its credentials gone it cannot come back. */
    void disconnect(DeviceId device) {
        for (var connection : broker.getActiveMQServer().getRemotingService().getConnections()) {
            if (device.value().equals(connection.getClientID())) {
                connection.disconnect(false);
            }
        }
    }
}
