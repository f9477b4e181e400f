package io.tinyfleet.agent.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tinyfleet.protocol.DeviceId;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whom the link believes to be its broker: real brokers and real handshakes. */
class TlsLinkTest {
    private static final Instant NOTHING_KNOWN = Instant.EPOCH;
    private static final Instant IN_2026 = Instant.parse("2026-06-01T00:00:00Z");
    private static final char[] PASSWORD = "test".toCharArray();

    @TempDir
    Path folder;

    private final BlockingQueue<LinkEvent> events = new ArrayBlockingQueue<>(100);
    private AutoCloseable server = () -> {};

    @AfterEach
    void stop() throws Exception {
        server.close();
    }

    private static X509Certificate certificate(String name) throws Exception {
        try (InputStream in = new FileInputStream("src/test/resources/tls/" + name + ".pem")) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    private PahoLink link(String url, String authority, Instant earliestNow) throws Exception {
        LinkSettings settings = new LinkSettings(
                url,
                List.of(certificate(authority)),
                new DeviceId("dev-7"),
                "dev-7",
                "secret",
                LinkSettings.KEEP_ALIVE,
                LinkSettings.SESSION_EXPIRY);
        return new PahoLink(settings, () -> earliestNow, number -> new byte[1], events::offer, new Random(1));
    }

    /** The first thing that the link has to tell. */
    private LinkEvent firstEvent(String url, String authority, Instant earliestNow) throws Exception {
        try (PahoLink link = link(url, authority, earliestNow)) {
            link.open();
            LinkEvent first = events.poll(30, TimeUnit.SECONDS);
            assertThat(first).isNotNull();
            return first;
        }
    }

    private String refusal(String url, String authority, Instant earliestNow) throws Exception {
        LinkEvent first = firstEvent(url, authority, earliestNow);
        assertThat(first).isInstanceOf(LinkEvent.Failed.class);
        return ((LinkEvent.Failed) first).reason();
    }

    private String broker(String certificate) throws Exception {
        assumeTrue(Mosquitto.findInstalled().isPresent(), "needs Debian's mosquitto");
        Mosquitto started = Mosquitto.startTls(folder, certificate);
        server = started;
        return started.url();
    }

    @Test
    void a_broker_with_a_certificate_of_the_pinned_authority_is_connected_to() throws Exception {
        assertThat(firstEvent(broker("broker"), "authority", IN_2026)).isEqualTo(new LinkEvent.Up(1));
    }

    @Test
    void a_broker_under_another_authority_is_refused() throws Exception {
        assertThat(refusal(broker("broker"), "stranger", IN_2026))
                .contains("was not signed by an authority that was pinned at enrolment");
    }

    @Test
    void a_certificate_for_another_host_is_refused_and_both_are_named() throws Exception {
        assertThat(refusal(broker("elsewhere"), "authority", IN_2026))
                .isEqualTo("the broker's certificate is for [192.0.2.1, broker.example], not for 127.0.0.1");
    }

    @Test
    void a_certificate_that_has_ended_by_a_time_somebody_vouches_for_is_refused() throws Exception {
        assertThat(refusal(broker("ended"), "authority", IN_2026))
                .startsWith("the broker's certificate ended at 2021-01-01T00:00:00Z, and it is at least 2026-06-01");
    }

    @Test
    void a_board_that_wakes_up_in_1970_gets_at_its_broker() throws Exception {
        assertThat(firstEvent(broker("broker"), "authority", NOTHING_KNOWN)).isEqualTo(new LinkEvent.Up(1));
    }

    @Test
    void a_certificate_that_begins_in_the_future_is_taken() throws Exception {
        assertThat(firstEvent(broker("future"), "authority", IN_2026)).isEqualTo(new LinkEvent.Up(1));
    }

    @Test
    void an_address_that_promises_tls_and_speaks_plain_mqtt_is_refused() throws Exception {
        assumeTrue(Mosquitto.findInstalled().isPresent(), "needs Debian's mosquitto");
        Mosquitto plain = Mosquitto.start(folder);
        server = plain;

        assertThat(refusal("ssl://127.0.0.1:" + plain.port(), "authority", IN_2026))
                .contains("no encrypted connection to ssl://127.0.0.1:" + plain.port());
    }

    @Test
    void a_plain_client_gets_nothing_from_a_broker_that_wants_tls() throws Exception {
        assumeTrue(Mosquitto.findInstalled().isPresent(), "needs Debian's mosquitto");
        Mosquitto tls = Mosquitto.startTls(folder, "broker");
        server = tls;

        assertThat(firstEvent("tcp://127.0.0.1:" + tls.port(), "authority", IN_2026))
                .isInstanceOf(LinkEvent.Failed.class);
    }

    @Test
    void an_older_tls_is_refused() throws Exception {
        assertThat(refusal("ssl://127.0.0.1:" + tlsServer("TLSv1.2"), "authority", IN_2026))
                .contains("no encrypted connection to ssl://127.0.0.1");
    }

    @Test
    void nothing_is_trusted_when_every_pinned_authority_has_ended() throws Exception {
        assertThat(refusal(
                        "ssl://127.0.0.1:" + tlsServer("TLSv1.3"), "authority", Instant.parse("2200-01-01T00:00:00Z")))
                .isEqualTo("every authority that was pinned has ended: enrol this device again");
    }

    @Test
    void nobody_listening_is_said_so() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }

        assertThat(refusal("ssl://127.0.0.1:" + port, "authority", IN_2026))
                .startsWith("nothing answers at ssl://127.0.0.1:" + port);
    }

    @Test
    void a_socket_whose_host_would_not_be_checked_is_refused() throws Exception {
        int port = tlsServer("TLSv1.3");
        PinnedTls tls = new PinnedTls(List.of(certificate("authority")), () -> IN_2026);
        try (SSLSocket socket = (SSLSocket) tls.sockets().createSocket("127.0.0.1", port)) {
            var parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("");
            socket.setSSLParameters(parameters);

            assertThatThrownBy(socket::startHandshake).hasMessageContaining("host name would not be checked");
        }
    }

    /** Shakes hands in the given version only, with the good certificate. */
    private int tlsServer(String version) throws Exception {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, PASSWORD);
        keys.setKeyEntry("broker", privateKey(), PASSWORD, new Certificate[] {certificate("broker")});
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        SSLServerSocket listener = (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 4, InetAddress.getLoopbackAddress());
        listener.setEnabledProtocols(new String[] {version});
        server = listener;
        Thread thread = new Thread(() -> serve(listener), "tls-server");
        thread.setDaemon(true);
        thread.start();
        return listener.getLocalPort();
    }

    private static void serve(ServerSocket listener) {
        while (!listener.isClosed()) {
            try (Socket socket = listener.accept()) {
                int first = socket.getInputStream().read();
                assertThat(first).isGreaterThanOrEqualTo(-1);
            } catch (IOException refused) {
                // The client ends the handshake, which is what these tests are about.
                Thread.yield();
            }
        }
    }

    private static PrivateKey privateKey() throws Exception {
        String pem =
                Files.readString(Path.of("src/test/resources/tls/broker.key")).replaceAll("-----[A-Z ]*-----", "");
        return KeyFactory.getInstance("EC")
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem)));
    }
}
