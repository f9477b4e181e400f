package io.tinyfleet.server.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Topics;
import io.tinyfleet.server.tls.LinkCertificates;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The embedded broker's listener for devices speaks TLS, and only its own links go in beside it. */
class BrokerTlsTest {
    private static final DeviceId DEV7 = new DeviceId("dev-7");
    private static final String SERVER_PASSWORD = "only-in-this-process";

    @TempDir
    static Path folder;

    private static EmbeddedBroker broker;
    private static LinkCertificates certificates;

    @BeforeAll
    static void start() throws Exception {
        certificates = LinkCertificates.open(folder.resolve("keys"), List.of("127.0.0.1", "localhost"), Instant.now());
        broker = new EmbeddedBroker(
                new BrokerSettings(
                        "127.0.0.1",
                        0,
                        folder.resolve("broker"),
                        1,
                        Optional.of(certificates.serverContext()),
                        BrokerSettings.NO_SECURITY_CACHE),
                new BrokerSecurity((device, password) -> password.equals("secret"), SERVER_PASSWORD, true));
        broker.start();
    }

    @AfterAll
    static void stop() throws Exception {
        broker.stop();
    }

    private static SSLContext trusting(List<X509Certificate> authorities) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        for (X509Certificate authority : authorities) {
            store.setCertificateEntry(authority.getSerialNumber().toString(), authority);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static MqttAsyncClient connect(String url, String user, String password) throws Exception {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setUserName(user);
        options.setPassword(password.getBytes(StandardCharsets.UTF_8));
        options.setConnectionTimeout(5);
        if (url.startsWith("ssl:")) {
            options.setSocketFactory(trusting(certificates.authorities()).getSocketFactory());
        }
        MqttAsyncClient client = new MqttAsyncClient(url, user, new MemoryPersistence());
        client.connect(options).waitForCompletion(Duration.ofSeconds(10).toMillis());
        return client;
    }

    private static String outside(String scheme) {
        return scheme + "://127.0.0.1:" + broker.port();
    }

    private static X509Certificate shown(String protocol) throws Exception {
        try (SSLSocket socket = (SSLSocket)
                trusting(certificates.authorities()).getSocketFactory().createSocket("127.0.0.1", broker.port())) {
            socket.setEnabledProtocols(new String[] {protocol});
            socket.startHandshake();
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    @Test
    void a_device_connects_with_tls_and_subscribes() throws Exception {
        MqttAsyncClient device = connect(outside("ssl"), "dev-7", "secret");
        assertThat(device.subscribe(Topics.deviceInFilter(DEV7), 1).getReasonCodes())
                .satisfiesAnyOf(
                        codes -> assertThat(codes).isNull(),
                        codes -> assertThat(codes).containsExactly(1));
        device.disconnect().waitForCompletion(5000);
    }

    @Test
    void the_server_s_links_go_in_on_loopback_without_tls() throws Exception {
        MqttAsyncClient link = connect(broker.addressOfLinks().toString(), BrokerSecurity.SERVER_USER, SERVER_PASSWORD);
        assertThat(link.isConnected()).isTrue();
        link.disconnect().waitForCompletion(5000);
    }

    @Test
    void plain_mqtt_on_the_devices_port_gets_no_answer() {
        assertThatThrownBy(() -> connect(outside("tcp"), "dev-7", "secret")).isInstanceOf(MqttException.class);
    }

    @Test
    void a_device_cannot_go_in_by_the_door_of_the_links() {
        assertThatThrownBy(() -> connect(broker.addressOfLinks().toString(), "dev-7", "secret"))
                .isInstanceOf(MqttException.class);
    }

    @Test
    void the_server_s_own_account_does_not_work_from_outside() {
        assertThatThrownBy(() -> connect(outside("ssl"), BrokerSecurity.SERVER_USER, SERVER_PASSWORD))
                .isInstanceOf(MqttException.class);
    }

    @Test
    void tls_before_1_2_is_refused() {
        assertThatThrownBy(() -> shown("TLSv1.1")).isInstanceOf(java.io.IOException.class);
    }

    @Test
    void small_devices_may_speak_1_2() throws Exception {
        assertThat(shown("TLSv1.2").getSubjectX500Principal().getName()).isEqualTo("CN=TinyFleet broker");
    }

    @Test
    void a_renewed_certificate_is_shown_from_the_next_handshake_on_and_nobody_is_disconnected() throws Exception {
        MqttAsyncClient device = connect(outside("ssl"), "dev-7", "secret");
        X509Certificate before = shown("TLSv1.3");

        Files.delete(folder.resolve("keys/broker.pem"));
        certificates.renew(Instant.now());

        assertThat(shown("TLSv1.3").getSerialNumber()).isNotEqualTo(before.getSerialNumber());
        assertThat(device.isConnected()).isTrue();
        device.disconnect().waitForCompletion(5000);
    }
}
