package io.tinyfleet.server.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.InLeaf;
import io.tinyfleet.protocol.OutLeaf;
import io.tinyfleet.protocol.Topics;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.security.auth.Subject;
import org.apache.activemq.artemis.core.security.CheckType;
import org.apache.activemq.artemis.spi.core.security.jaas.UserPrincipal;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The embedded broker lets a device be itself and nobody else. */
class BrokerSecurityTest {
    private static final DeviceId DEV7 = new DeviceId("dev-7");
    private static final DeviceId DEV8 = new DeviceId("dev-8");
    private static final String SERVER_PASSWORD = "only-in-this-process";
    private static final long BROKERS_DEFAULT_CACHE = 1000;
    private static final byte[] PAYLOAD = {1, 2, 3};
    private static final int REFUSED = 0x80;

    @TempDir
    static Path folder;

    private static final Set<DeviceId> REVOKED = ConcurrentHashMap.newKeySet();
    private static EmbeddedBroker broker;
    private static String url;

    @BeforeAll
    static void start() throws Exception {
        broker = startWith(BrokerSettings.NO_SECURITY_CACHE);
        url = "tcp://127.0.0.1:" + broker.port();
    }

    @AfterAll
    static void stop() throws Exception {
        broker.stop();
    }

    private static EmbeddedBroker startWith(long securityCacheEntries) throws Exception {
        EmbeddedBroker started = new EmbeddedBroker(
                new BrokerSettings(
                        "127.0.0.1",
                        0,
                        folder.resolve("b" + securityCacheEntries),
                        1,
                        Optional.empty(),
                        securityCacheEntries),
                new BrokerSecurity(
                        (device, password) -> password.equals("secret-of-" + device) && !REVOKED.contains(device),
                        SERVER_PASSWORD,
                        false));
        started.start();
        return started;
    }

    private static DeviceClient device(DeviceId id) throws MqttException {
        return new DeviceClient(url, id.value()).connect(id.value(), "secret-of-" + id);
    }

    private static DeviceClient server() throws MqttException {
        return new DeviceClient(url, "server.test.1").connect(BrokerSecurity.SERVER_USER, SERVER_PASSWORD);
    }

    @Test
    void a_device_speaks_on_its_own_topics_and_hears_its_own() throws Exception {
        try (DeviceClient server = server();
                DeviceClient dev7 = device(DEV7)) {
            assertThat(server.subscribe(Topics.SHARED_SERVER_FILTER)).isEqualTo(1);
            assertThat(dev7.subscribe(Topics.deviceInFilter(DEV7))).isEqualTo(1);
            for (OutLeaf leaf : OutLeaf.values()) {
                assertThat(dev7.publish(Topics.deviceOut(DEV7, leaf), PAYLOAD)).isZero();
                assertThat(server.await(Topics.deviceOut(DEV7, leaf)).payload()).isEqualTo(PAYLOAD);
            }
            server.publish(Topics.deviceIn(DEV7, InLeaf.DESIRED), PAYLOAD);
            dev7.await(Topics.deviceIn(DEV7, InLeaf.DESIRED));
        }
    }

    @Test
    void a_device_reads_a_blob_whose_name_it_knows() throws Exception {
        String blob = Topics.blobShared(Digest.of(PAYLOAD));
        try (DeviceClient server = server();
                DeviceClient dev7 = device(DEV7)) {
            assertThat(dev7.subscribe(blob)).isEqualTo(1);
            server.publish(blob, PAYLOAD);
            dev7.await(blob);
        }
    }

    @Test
    void another_client_id_cannot_ride_on_a_devices_credentials() throws Exception {
        try (DeviceClient dev7 = device(DEV7);
                DeviceClient dev8 = new DeviceClient(url, DEV8.value())) {
            assertThat(dev7.publish(Topics.deviceOut(DEV7, OutLeaf.STATE), PAYLOAD))
                    .isLessThan(REFUSED);
            assertThatThrownBy(() -> dev8.connect(DEV7.value(), "secret-of-dev-7"))
                    .isInstanceOf(MqttException.class);
        }
    }

    /** Why the caches are off: this is the hole the test above keeps shut. */
    @Test
    void with_the_brokers_default_caches_it_could() throws Exception {
        EmbeddedBroker leaky = startWith(BROKERS_DEFAULT_CACHE);
        String leakyUrl = "tcp://127.0.0.1:" + leaky.port();
        try (DeviceClient dev7 = new DeviceClient(leakyUrl, DEV7.value());
                DeviceClient dev8 = new DeviceClient(leakyUrl, DEV8.value())) {
            dev7.connect(DEV7.value(), "secret-of-dev-7").publish(Topics.deviceOut(DEV7, OutLeaf.STATE), PAYLOAD);
            dev8.connect(DEV7.value(), "secret-of-dev-7");
        } finally {
            leaky.stop();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"secret-of-dev-8", "", "secret-of-dev-7 "})
    void a_wrong_secret_is_refused(String password) throws Exception {
        try (DeviceClient dev7 = new DeviceClient(url, DEV7.value())) {
            assertThatThrownBy(() -> dev7.connect(DEV7.value(), password)).isInstanceOf(MqttException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tinyfleet.server", "dev.7", "ACTIVEMQ.CLUSTER.ADMIN.USER", "#"})
    void a_name_that_is_no_device_is_refused(String name) throws Exception {
        try (DeviceClient client = new DeviceClient(url, name)) {
            assertThatThrownBy(() -> client.connect(name, "secret-of-" + name)).isInstanceOf(MqttException.class);
            assertThatThrownBy(() -> new DeviceClient(url, name).connect(name, "CHANGE ME!!"))
                    .isInstanceOf(MqttException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "fleet/v1/d/dev-8/out/state",
                "fleet/v1/d/dev-7/in/desired",
                "fleet/v1/d/dev-8/in/desired",
                "fleet/v1/d/dev-7/out/other",
                "fleet/v1/d/dev-7/out/state/more",
                "fleet/v1/b/AAAAAAAAAAAAAAAAAAAAAA",
                "fleet.v1.d.dev-8.out.state",
                "fleet.v1/d/dev-7/out/state",
                "activemq.management",
                "activemq/management",
                "$sys/mqtt/sessions",
                "elsewhere"
            })
    void a_device_cannot_write_what_is_not_its_own(String topic) throws Exception {
        try (DeviceClient server = server();
                DeviceClient dev7 = device(DEV7)) {
            server.subscribe("fleet/v1/#");
            assertThat(refused(() -> dev7.publish(topic, PAYLOAD))).isTrue();
        }
        try (DeviceClient server = server();
                DeviceClient dev7 = device(DEV7)) {
            server.subscribe("fleet/v1/#");
            dev7.publish(Topics.deviceOut(DEV7, OutLeaf.EVENT), PAYLOAD);
            server.await(Topics.deviceOut(DEV7, OutLeaf.EVENT));
            assertThat(server.pending()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "#",
                "fleet/#",
                "fleet/v1/d/+/in/#",
                "fleet/v1/d/dev-8/in/#",
                "fleet/v1/d/dev-7/out/#",
                "fleet/v1/d/+/out/#",
                "fleet/v1/b/#",
                "fleet/v1/b/+",
                "fleet/v1/b/AAAAAAAAAAAAAAAAAAAAAA/more",
                "$share/ingest/fleet/v1/d/+/out/#",
                "$share/dev-8/fleet/v1/d/dev-8/in/#",
                "fleet/v1/d/dev-8/in/desired",
                "activemq.notifications",
                "$sys/#"
            })
    void a_device_cannot_read_what_is_not_its_own(String filter) throws Exception {
        try (DeviceClient server = server();
                DeviceClient dev8 = device(DEV8)) {
            server.subscribe(Topics.SHARED_SERVER_FILTER);
            dev8.subscribe(Topics.deviceInFilter(DEV8));
            try (DeviceClient dev7 = device(DEV7)) {
                assertThat(refused(() -> dev7.subscribe(filter))).isTrue();
            }
            requireBothHear(server, dev8);
        }
    }

    /** The attempt must not take anything away from those whose topic it is. */
    private static void requireBothHear(DeviceClient server, DeviceClient dev8) throws Exception {
        server.publish(Topics.deviceIn(DEV8, InLeaf.ACK), PAYLOAD);
        dev8.await(Topics.deviceIn(DEV8, InLeaf.ACK));
        dev8.publish(Topics.deviceOut(DEV8, OutLeaf.EVENT), PAYLOAD);
        server.await(Topics.deviceOut(DEV8, OutLeaf.EVENT));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"$share/dev-8/fleet/v1/d/dev-8/in/#", "$share/ingest/fleet/v1/d/+/out/#", "fleet/v1/d/dev-8/in/#"
            })
    void a_device_cannot_end_anothers_subscription(String filter) throws Exception {
        try (DeviceClient server = server();
                DeviceClient dev8 = device(DEV8)) {
            server.subscribe(Topics.SHARED_SERVER_FILTER);
            dev8.subscribe(Topics.deviceInFilter(DEV8));
            try (DeviceClient dev7 = device(DEV7)) {
                assertThat(refused(() -> dev7.unsubscribe(filter))).isTrue();
            }
            requireBothHear(server, dev8);
        }
    }

    /** The queue of a shared subscription and of a device with the share's name would be one. */
    @Test
    void a_device_named_like_the_servers_share_does_no_harm() throws Exception {
        try (DeviceClient server = server();
                DeviceClient dev8 = device(DEV8)) {
            server.subscribe(Topics.SHARED_SERVER_FILTER);
            dev8.subscribe(Topics.deviceInFilter(DEV8));
            try (DeviceClient ingest = device(new DeviceId("ingest"))) {
                assertThat(refused(() -> ingest.subscribe(Topics.SERVER_FILTER)))
                        .isTrue();
            }
            requireBothHear(server, dev8);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "fleet.v1.d.dev-7.in.#::dev-8.fleet.v1.d.dev-8.in.#",
                "fleet.v1.d.dev-8.in.#::dev-7.fleet.v1.d.dev-8.in.#",
                "fleet.v1.d.dev-8.in.#",
                "fleet.v1.d.dev-7.in.#.more",
                "fleet.v1.d.dev-7.in.desired",
                "fleet.v1.b.*",
                "$sys.mqtt.sessions",
                ""
            })
    void no_address_but_its_own_can_be_consumed(String address) {
        BrokerSecurity security = new BrokerSecurity((device, password) -> true, SERVER_PASSWORD, false);
        Subject dev7 = new Subject();
        dev7.getPrincipals().add(new UserPrincipal(DEV7.value()));
        for (CheckType check : CheckType.values()) {
            assertThat(security.authorize(dev7, Set.of(), check, address)).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "fleet/v1/d/dev-8/out/state",
                "fleet/v1/d/dev-8/in/desired",
                "fleet/v1/b/AAAAAAAAAAAAAAAAAAAAAA",
                "activemq.management"
            })
    void a_last_will_cannot_name_anothers_topic(String topic) throws Exception {
        try (DeviceClient dev7 = new DeviceClient(url, DEV7.value())) {
            assertThatThrownBy(() -> dev7.connect(DEV7.value(), "secret-of-dev-7", topic, PAYLOAD))
                    .isInstanceOf(MqttException.class);
        }
    }

    @Test
    void a_last_will_on_the_devices_own_topic_is_published_when_its_power_is_cut() throws Exception {
        String topic = Topics.deviceOut(DEV7, OutLeaf.STATE);
        try (DeviceClient server = server()) {
            server.subscribe(Topics.SHARED_SERVER_FILTER);
            new DeviceClient(url, DEV7.value())
                    .connect(DEV7.value(), "secret-of-dev-7", topic, PAYLOAD)
                    .cut();
            assertThat(server.await(topic).payload()).isEqualTo(PAYLOAD);
        }
    }

    @AfterEach
    void forget() {
        REVOKED.clear();
    }

    @Test
    void a_device_whose_credentials_end_while_it_is_connected_is_refused_at_once() throws Exception {
        try (DeviceClient dev7 = device(DEV7)) {
            dev7.publish(Topics.deviceOut(DEV7, OutLeaf.STATE), PAYLOAD);
            REVOKED.add(DEV7);
            assertThat(refused(() -> dev7.publish(Topics.deviceOut(DEV7, OutLeaf.STATE), PAYLOAD)))
                    .isTrue();
            assertThatThrownBy(() -> device(DEV7)).isInstanceOf(MqttException.class);
        }
    }

    @Test
    void a_device_can_be_disconnected() throws Exception {
        try (DeviceClient dev7 = device(DEV7)) {
            broker.disconnect(DEV7);
            assertThat(dev7.awaitDisconnect()).isTrue();
        }
    }

    private interface Attempt {
        int reasonCode() throws MqttException;
    }

    /** Refused by its reason code, or by the end of the connection. */
    private static boolean refused(Attempt attempt) {
        try {
            return attempt.reasonCode() >= REFUSED;
        } catch (MqttException e) {
            return true;
        }
    }
}
