package io.tinyfleet.server.mqtt;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.arc.All;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.scheduler.Scheduled;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.server.platform.Endpoints;
import io.tinyfleet.server.platform.Home;
import io.tinyfleet.server.tls.LinkCertificates;
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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
    private @Nullable LinkCertificates certificates;
    private Optional<String> outsideAuthorities = Optional.empty();

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
            outsideAuthorities = readCaFile();
            username = config.username();
            password = config.password();
        } else {
            String serverPassword = randomText(PASSWORD_BYTES);
            linkTo = startBroker(serverPassword);
            username = Optional.of(BrokerSecurity.SERVER_USER);
            password = Optional.of(serverPassword);
        }
        if (address == null) {
            address = config.publicUrl().map(URI::create).orElse(linkTo);
        }
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
        if (config.tls()) {
            certificates = LinkCertificates.open(home.linkKeys(), names(), clock.instant());
        } else if (!isLoopback(config.host())) {
            throw new IllegalStateException("The MQTT broker is to listen on " + config.host()
                    + " without TLS: devices' secrets would cross the network in the open. Leave out"
                    + " TINYFLEET_MQTT_TLS=false, or listen on 127.0.0.1");
        }
        BrokerSettings settings = new BrokerSettings(
                config.host(),
                config.port(),
                config.journal().orElseGet(home::broker),
                config.minDiskFreeBytes(),
                Optional.ofNullable(certificates).map(LinkCertificates::serverContext),
                BrokerSettings.NO_SECURITY_CACHE);
        EmbeddedBroker started =
                new EmbeddedBroker(settings, new BrokerSecurity(credentials, serverPassword, config.tls()));
        started.start();
        if (started.port() <= 0) {
            // The broker starts without its acceptor and only logs it: nothing could ever connect.
            started.stop();
            throw new IllegalStateException("The MQTT broker cannot listen on " + config.host() + ":" + config.port()
                    + ", another program has the port. Stop that program, or choose another port with"
                    + " TINYFLEET_MQTT_PORT (0 takes a free one)");
        }
        broker = started;
        LOG.infof("embedded broker listens host=%s port=%d tls=%s", config.host(), started.port(), config.tls());
        if (isWildcard(config.host()) && config.publicUrl().isEmpty()) {
            started.stop();
            throw new IllegalStateException("The MQTT broker listens on every address, so devices must be told one:"
                    + " set TINYFLEET_MQTT_PUBLIC_URL, such as ssl://fleet.example:" + started.port());
        }
        address = config.publicUrl()
                .map(URI::create)
                .orElseGet(() -> URI.create(
                        (config.tls() ? "ssl://" : "tcp://") + hostInUrl(config.host()) + ":" + started.port()));
        return started.addressOfLinks();
    }

    private static String hostInUrl(String host) {
        return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    }

    /** By what devices on this machine and, as far as it is known, elsewhere call the broker. */
    private Set<String> names() {
        Set<String> names = new LinkedHashSet<>(List.of("localhost", "127.0.0.1", "::1"));
        if (!isWildcard(config.host())) {
            names.add(config.host());
        }
        config.publicUrl().map(URI::create).map(URI::getHost).ifPresent(names::add);
        names.addAll(config.tlsNames().orElse(List.of()));
        return names;
    }

    private static boolean isWildcard(String host) {
        return host.equals("0.0.0.0") || host.equals("::");
    }

    private static boolean isLoopback(String host) {
        return host.equals("localhost") || host.equals("::1") || host.matches("127(\\.[0-9]{1,3}){3}");
    }

    private Optional<String> readCaFile() throws IOException {
        boolean encrypted = config.publicUrl().or(config::url).orElse("").startsWith("ssl:");
        if (config.caFile().isPresent()) {
            return Optional.of(Files.readString(config.caFile().get()));
        }
        if (encrypted) {
            throw new IllegalStateException("Devices are told an ssl:// address of an external broker, so they must be"
                    + " told whom to trust there: set TINYFLEET_MQTT_CA_FILE to a PEM file with the authority of the"
                    + " broker's certificate");
        }
        return Optional.empty();
    }

    @Scheduled(every = "12h", delayed = "12h", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void renewCertificates() throws IOException {
        LinkCertificates held = certificates;
        if (held != null) {
            boolean grew = held.renew(clock.instant());
            LOG.debugf("certificates looked at, another authority=%s", grew);
        }
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

    @Override
    public Optional<String> mqttAuthorities() {
        if (!"ssl".equals(mqtt().getScheme())) {
            return Optional.empty();
        }
        return Optional.ofNullable(certificates)
                .map(LinkCertificates::authoritiesPem)
                .or(() -> outsideAuthorities);
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
