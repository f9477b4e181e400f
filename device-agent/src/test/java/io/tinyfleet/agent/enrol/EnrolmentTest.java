package io.tinyfleet.agent.enrol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.tinyfleet.agent.fixture.SmallFleet;
import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.install.NioDisk;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.enrol.EnrolmentProof;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real HTTP server that answers as the fleet's does. */
class EnrolmentTest {
    @TempDir
    Path folder;

    private final SmallFleet fleet = new SmallFleet();
    private final List<Map<String, Object>> requests = new ArrayList<>();
    private final HttpServer server;
    private int status = 200;
    private String answer = "";

    EnrolmentTest() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4);
    }

    @BeforeEach
    void start() {
        answer = goodAnswer("tcp://127.0.0.1:1883");
        server.createContext("/api/v1/enrol", exchange -> {
            requests.add(Json.readObject(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
            byte[] body = answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private String goodAnswer(String broker) {
        return goodAnswer(broker, "");
    }

    private String answerWithAuthorities(String pem) {
        return goodAnswer("ssl://broker.example:8883", ",\"authorities\":" + Json.quote(pem));
    }

    private static String pem(String file) throws IOException {
        return Files.readString(Path.of("src/test/resources/tls", file));
    }

    private String goodAnswer(String broker, String more) {
        String root = Base64.getEncoder().encodeToString(fleet.rootEnvelope());
        return "{\"deviceId\":\"dev-7\",\"root\":\"" + root + "\",\"rootSha256\":\""
                + Digest.of(fleet.rootEnvelope()).hex()
                + "\",\"kind\":\"REAL\",\"mqtt\":{\"url\":\"" + broker
                + "\",\"username\":\"dev-7\",\"password\":\"p\\\\w=#!\"" + more
                + "},\"serverTime\":\"2026-03-01T12:00:00Z\"}";
    }

    private String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private Identity enrol(String url) throws Exception {
        AgentHome home = new AgentHome(folder);
        Enrolment.Request request = new Enrolment.Request(url, "tfe_secret", SmallFleet.DEVICE, "generic-x86_64");
        return new Enrolment(new NioDisk(), home).enrol(request);
    }

    private Identity stored() throws Exception {
        return Identity.read(new NioDisk(), new AgentHome(folder));
    }

    @Test
    void the_device_gets_its_root_and_credentials_and_keeps_them() throws Exception {
        enrol(url());

        Identity identity = stored();
        assertThat(identity.device()).isEqualTo(SmallFleet.DEVICE);
        assertThat(identity.kind()).isEqualTo("REAL");
        assertThat(identity.hardwareClass()).isEqualTo("generic-x86_64");
        assertThat(identity.broker())
                .isEqualTo(new Identity.Broker("tcp://127.0.0.1:1883", "dev-7", "p\\w=#!", LinkAuthorities.NONE));
        assertThat(identity.root().digest()).isEqualTo(fleet.root().digest());
    }

    @Test
    void at_an_encrypted_address_it_pins_the_authorities_of_the_answer() throws Exception {
        answer = answerWithAuthorities(pem("authority.pem") + pem("stranger.pem"));

        enrol(url());

        assertThat(stored().broker().authorities().certificates())
                .extracting(certificate -> certificate.getSubjectX500Principal().getName())
                .containsExactly("CN=authority", "CN=stranger");
    }

    @Test
    void an_encrypted_address_without_authorities_is_refused() {
        answer = goodAnswer("ssl://broker.example:8883");

        assertThatThrownBy(() -> enrol(url()))
                .isInstanceOf(Enrolment.EnrolmentException.class)
                .hasMessageContaining("does not say which authorities to trust at ssl://broker.example:8883");
    }

    @Test
    void a_server_s_certificate_is_no_authority() throws Exception {
        answer = answerWithAuthorities(pem("broker.pem"));

        assertThatThrownBy(() -> enrol(url())).hasMessageContaining("the certificate of CN=broker is no authority's");
    }

    @Test
    void authorities_that_cannot_be_read_are_refused() {
        answer = answerWithAuthorities("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assertThatThrownBy(() -> enrol(url())).hasMessageContaining("cannot be read");

        answer = answerWithAuthorities("none");
        assertThatThrownBy(() -> enrol(url())).hasMessageContaining("there must be 1 to 8 authorities, got 0");
    }

    @Test
    void without_its_pinned_authorities_a_device_does_not_connect_but_asks_to_be_enrolled_again() throws Exception {
        answer = answerWithAuthorities(pem("authority.pem"));
        enrol(url());
        Files.delete(folder.resolve("identity/link-authorities.pem"));

        assertThatThrownBy(this::stored)
                .isInstanceOf(NotEnrolledException.class)
                .hasMessageContaining("link-authorities.pem is missing")
                .hasMessageContaining("enrol again");
    }

    @Test
    void the_proof_is_by_the_key_that_is_sent() throws Exception {
        enrol(url());

        Map<String, Object> request = requests.get(0);
        EnrolmentProof.verify(
                "tfe_secret",
                SmallFleet.DEVICE,
                Base64.getDecoder().decode((String) request.get("publicKey")),
                Base64.getDecoder().decode((String) request.get("proof")));
    }

    @Test
    void a_second_call_uses_the_same_key() throws Exception {
        enrol(url());
        enrol(url());

        assertThat(requests.get(1).get("publicKey")).isEqualTo(requests.get(0).get("publicKey"));
    }

    @Test
    void key_and_credentials_are_for_their_owner_alone_and_the_secret_is_not_printed() throws Exception {
        Identity identity = enrol(url());

        for (String file : List.of("device-key.pem", "credentials.properties")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(
                            folder.resolve("identity").resolve(file))))
                    .isEqualTo("rw-------");
        }
        assertThat(identity.toString()).doesNotContain("p\\w=#!");
    }

    @Test
    void the_key_is_kept_when_the_answer_never_comes() throws Exception {
        status = 500;
        assertThatThrownBy(() -> enrol(url())).isInstanceOf(Enrolment.EnrolmentException.class);
        status = 200;

        enrol(url());

        assertThat(requests.get(1).get("publicKey")).isEqualTo(requests.get(0).get("publicKey"));
    }

    @Test
    void a_refusal_is_told_with_the_server_s_reason_and_nothing_is_stored() {
        status = 409;
        answer = "{\"code\":\"token-used-up\",\"detail\":\"the token has no uses left for another key\"}";

        assertThatThrownBy(() -> enrol(url()))
                .isInstanceOf(Enrolment.EnrolmentException.class)
                .hasMessageContaining("(409)")
                .hasMessageContaining("no uses left");
        assertThatThrownBy(this::stored).isInstanceOf(NotEnrolledException.class);
    }

    @Test
    void an_open_address_beyond_this_machine_is_refused_before_anything_is_sent() {
        assertThatThrownBy(() -> enrol("http://192.0.2.1:8080"))
                .isInstanceOf(Enrolment.EnrolmentException.class)
                .hasMessageContaining("is not encrypted");
        assertThat(requests).isEmpty();
        assertThat(Files.exists(folder.resolve("identity"))).isFalse();
    }

    @Test
    void an_open_broker_beyond_this_machine_is_refused() {
        answer = goodAnswer("tcp://192.0.2.1:1883");

        assertThatThrownBy(() -> enrol(url())).hasMessageContaining("the broker's address");
        assertThatThrownBy(this::stored).isInstanceOf(NotEnrolledException.class);
    }

    @Test
    void a_root_that_is_not_the_one_named_is_refused() {
        answer = answer.replace(Digest.of(fleet.rootEnvelope()).hex(), "0".repeat(64));

        assertThatThrownBy(() -> enrol(url())).hasMessageContaining("does not have the SHA-256");
    }

    @Test
    void a_root_that_nobody_signed_is_refused() {
        byte[] root = new byte[] {1, 2, 3};
        answer = goodAnswer("tcp://127.0.0.1:1883")
                .replace(
                        Base64.getEncoder().encodeToString(fleet.rootEnvelope()),
                        Base64.getEncoder().encodeToString(root))
                .replace(Digest.of(fleet.rootEnvelope()).hex(), Digest.of(root).hex());

        assertThatThrownBy(() -> enrol(url())).hasMessageContaining("cannot be trusted");
    }

    @Test
    void an_answer_for_another_device_is_refused() {
        answer = answer.replace("\"deviceId\":\"dev-7\"", "\"deviceId\":\"dev-8\"");

        assertThatThrownBy(() -> enrol(url())).hasMessageContaining("answered for the device dev-8");
    }

    @Test
    void an_answer_that_is_no_json_object_is_refused() {
        for (String text : List.of("", "[]", "{", "{\"a\":}", "{\"a\":\"b\"} x", "{\"a\":\"\\u12\"}", "{\"a\":[1]}")) {
            answer = text;
            assertThatThrownBy(() -> enrol(url())).as(text).isInstanceOf(IOException.class);
        }
    }

    @Test
    void a_device_whose_root_was_changed_on_disk_must_enrol_again() throws Exception {
        enrol(url());
        Files.write(folder.resolve("identity/root.dsse"), new byte[] {1});

        assertThatThrownBy(this::stored)
                .isInstanceOf(NotEnrolledException.class)
                .hasMessageContaining("enrol again");
    }
}
