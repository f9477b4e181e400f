package io.tinyfleet.server.mqtt;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.arc.All;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.server.platform.Endpoints;
import io.tinyfleet.server.platform.Home;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Starts and stops the broker, the links and the pump with the application, in that order and back. */
@ApplicationScoped
class Mqtt implements MqttPublisher, Endpoints, DeviceConnections {
    /** After everything that must be ready before the first message comes. */
    static final int START_LATE = 5000;

    private static final int REPLICA_ID_BYTES = 6;
    private static final int PASSWORD_BYTES = 32;
    private static final Logger LOG = Logger.getLogger(Mqtt.class);

    private final MqttConfig config;
    private final Home home;
    private final InstantSource clock;
    private final DeviceCredentials credentials;
    private final InboundPump pump;
    private final SecureRandom random = new SecureRandom();
    private final List<MqttLink> links = new ArrayList<>();
    private @Nullable EmbeddedBroker broker;
    private @Nullable URI address;

    Mqtt(
            MqttConfig config,
            Home home,
            InstantSource clock,
            DeviceCredentials credentials,
            InboundDeadLetters deadLetters,
            @All List<InboundHandler> handlers,
            MeterRegistry metrics) {
        this.config = config;
        this.home = home;
        this.clock = clock;
        this.credentials = credentials;
        this.pump = new InboundPump(
                handlers, deadLetters, work -> QuarkusTransaction.requiringNew().run(work), random);
        Gauge.builder("tinyfleet.ingest.queued", pump, InboundPump::queued)
                .description("messages taken from the broker and not yet stored")
                .register(metrics);
        Gauge.builder("tinyfleet.mqtt.links.connected", this, Mqtt::connectedLinks)
                .description("connections to the broker that are up")
                .register(metrics);
    }

    void start(@Observes @Priority(START_LATE) StartupEvent event) throws Exception {
        URI linkTo;
        Optional<String> username;
        Optional<String> password;
        if (config.url().isPresent()) {
            linkTo = URI.create(config.url().get());
            username = config.username();
            password = config.password();
        } else {
            String serverPassword = randomText(PASSWORD_BYTES);
            linkTo = startBroker(serverPassword);
            username = Optional.of(BrokerSecurity.SERVER_USER);
            password = Optional.of(serverPassword);
        }
        address = config.publicUrl().map(URI::create).orElse(linkTo);
        pump.start();
        String replica = replicaId();
        for (int number = 1; number <= config.links(); number++) {
            // The dot keeps the client id apart from every device id.
            LinkSettings settings = new LinkSettings(linkTo, "server." + replica + "." + number, username, password);
            MqttLink link = new MqttLink(settings, pump::offer, clock, random);
            links.add(link);
            link.start();
        }
    }

    private URI startBroker(String serverPassword) throws Exception {
        BrokerSettings settings = new BrokerSettings(
                config.host(),
                config.port(),
                config.journal().orElseGet(home::broker),
                config.minDiskFreeBytes(),
                BrokerSettings.NO_SECURITY_CACHE);
        EmbeddedBroker started = new EmbeddedBroker(settings, new BrokerSecurity(credentials, serverPassword));
        started.start();
        if (started.port() <= 0) {
            // The broker starts without its acceptor and only logs it: nothing could ever connect.
            started.stop();
            throw new IllegalStateException("The MQTT broker cannot listen on " + config.host() + ":" + config.port()
                    + ", another program has the port. Stop that program, or choose another port with"
                    + " TINYFLEET_MQTT_PORT (0 takes a free one)");
        }
        broker = started;
        LOG.infof("embedded broker listens host=%s port=%d", config.host(), started.port());
        return URI.create("tcp://" + config.host() + ":" + started.port());
    }

    void stop(@Observes ShutdownEvent event) throws Exception {
        for (MqttLink link : links) {
            link.stop();
        }
        pump.stop();
        EmbeddedBroker running = broker;
        if (running != null) {
            running.stop();
        }
    }

    int connectedLinks() {
        return (int) links.stream().filter(MqttLink::isConnected).count();
    }

    @Override
    public URI mqtt() {
        URI known = address;
        if (known == null) {
            throw new IllegalStateException("the broker's address is known once the application has started");
        }
        return known;
    }

    /**
     * Order is not promised: what needs one carries a number. But while the links hold, all that goes to one device
     * takes the same one, so that a root comes before the document that was signed under it.
     */
    @Override
    public CompletionStage<Void> publish(String topic, byte[] payload, Delivery delivery) {
        int leaf = topic.indexOf("/in/");
        String receiver = leaf < 0 ? topic : topic.substring(0, leaf);
        int preferred = Math.floorMod(receiver.hashCode(), Math.max(1, links.size()));
        for (int offset = 0; offset < links.size(); offset++) {
            Optional<CompletionStage<Void>> published =
                    links.get((preferred + offset) % links.size()).publish(topic, payload, delivery);
            if (published.isPresent()) {
                return published.get();
            }
        }
        return CompletableFuture.failedFuture(new MqttUnavailableException("not connected to the broker"));
    }

    @Override
    public void disconnect(DeviceId device) {
        EmbeddedBroker running = broker;
        if (running != null) {
            running.disconnect(device);
        }
    }

    /** Stable over restarts, so that the broker keeps what came while this replica was away. */
    private String replicaId() throws IOException {
        Path file = home.root().resolve("replica-id");
        if (!Files.exists(file)) {
            byte[] id = new byte[REPLICA_ID_BYTES];
            random.nextBytes(id);
            Files.writeString(file, HexFormat.of().formatHex(id));
        }
        return Files.readString(file).trim();
    }

    private String randomText(int bytes) {
        byte[] value = new byte[bytes];
        random.nextBytes(value);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(value);
    }
}
