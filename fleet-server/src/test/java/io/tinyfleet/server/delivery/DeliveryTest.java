package io.tinyfleet.server.delivery;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.agroal.api.AgroalDataSource;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.TestSecurity;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.OutLeaf;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.Topics;
import io.tinyfleet.protocol.trust.HeadsDocuments;
import io.tinyfleet.protocol.trust.Releases;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.DesiredReason;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.EncodingKind;
import io.tinyfleet.protocol.v1.Heads;
import io.tinyfleet.protocol.v1.PresenceKind;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.server.device.DeviceDirectory;
import io.tinyfleet.server.model.OnnxFile;
import io.tinyfleet.server.platform.DatabaseResource;
import io.tinyfleet.server.platform.Problem;
import io.tinyfleet.server.platform.ProblemException;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
@TestSecurity(
        user = "olga",
        roles = {"operator", "data", "viewer"})
class DeliveryTest {
    private static final SlotName SLOT = new SlotName("vad");
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    @Inject
    DesiredStates desiredStates;

    @Inject
    RefreshDesired refresh;

    @Inject
    DeviceDirectory devices;

    @Inject
    AgroalDataSource database;

    private TestDevice device;
    private byte[] file = new byte[0];
    private ReleaseId release = new ReleaseId(new UUID(0, 0));
    private int attempts;

    @BeforeEach
    void a_device_and_a_release() throws Exception {
        device = TestDevice.enrol();
        file = OnnxFile.plain(device.id().value()).withParameterBytes(400_000).bytes();
        String artifact = upload(file);
        String model = "m-" + UUID.randomUUID();
        post("/api/v1/models", "{\"name\":\"" + model + "\",\"licence\":\"MIT\"}");
        release = ReleaseId.parse(post(
                "/api/v1/models/" + model + "/releases",
                "{\"version\":\"1.0.0\",\"licence\":\"MIT\",\"variants\":[{\"name\":\"v\",\"artifact\":\"" + artifact
                        + "\",\"runtime\":\"onnxruntime\"}]}"));
    }

    @AfterEach
    void disconnect() throws Exception {
        BrokerOutage.DOWN.set(false);
        device.close();
        execute("delete from desired_outbox");
        execute("delete from signing_clock");
    }

    @Test
    void a_device_verifies_what_it_is_to_run_and_fetches_all_of_it() throws Exception {
        want(content());

        Desired desired = device.awaitDesired();
        assertThat(desired.getSeq()).isEqualTo(1);
        assertThat(Duration.ofMillis(desired.getExpiresAtMillis() - desired.getIssuedAtMillis()))
                .isEqualTo(Duration.ofDays(7));
        DesiredSlot slot = desired.getSlots(0);
        assertThat(slot.getSlot()).isEqualTo("vad");
        assertThat(slot.getReason()).isEqualTo(DesiredReason.OFFER);
        assertThat(slot.getProbation().getMinInferences()).isEqualTo(50);
        byte[] envelope = device.fetch(slot.getRelease());
        byte[] listed = device.fetch(desired.getHeads());
        Heads heads = HeadsDocuments.verify(
                device.root(),
                Digest.fromBytes(desired.getHeads().getSha256()),
                Optional.empty(),
                InstantSource.system().instant(),
                listed);
        Digest release = Digest.fromBytes(slot.getRelease().getSha256());
        Release manifest = Releases.verify(
                device.root(), HeadsDocuments.modelOf(heads, release).getModel(), release, envelope);
        assertThat(manifest.getVariants(0).getTarget().getSha256()).isEqualTo(slot.getVariantSha256());
        assertThat(slot.getEncodings(0).getKind()).isEqualTo(EncodingKind.IDENTITY);
        assertThat(device.fetch(slot.getEncodings(0), 8)).isEqualTo(file);
        await(() -> count("select count(*) from desired_outbox") == 0);
    }

    @Test
    void wanting_the_same_again_says_nothing_to_the_device() throws Exception {
        SlotContent content = content();
        want(content);
        device.awaitDesired();
        await(() -> outboxRows() == 0);

        want(content);

        assertThat(outboxRows()).isZero();
        assertThat(desiredStates.find(device.id(), SLOT)).contains(content);
    }

    @Test
    void nothing_is_sent_when_the_transaction_fails() throws Exception {
        assertThatThrownBy(() -> QuarkusTransaction.requiringNew().run(() -> {
                    desiredStates.want(device.id(), SLOT, content());
                    throw Problem.conflict("changed-my-mind", "No.");
                }))
                .isInstanceOf(ProblemException.class);

        assertThat(outboxRows()).isZero();
        assertThat(desiredStates.find(device.id(), SLOT)).isEmpty();
    }

    @Test
    void a_new_offer_and_an_empty_slot_each_get_the_next_number() throws Exception {
        want(content());
        assertThat(device.awaitDesired().getSeq()).isEqualTo(1);

        want(content());
        assertThat(device.awaitDesired().getSeq()).isEqualTo(2);

        QuarkusTransaction.requiringNew().run(() -> desiredStates.clear(device.id(), SLOT));
        Desired cleared = device.awaitDesired();
        assertThat(cleared.getSeq()).isEqualTo(3);
        assertThat(cleared.getSlots(0).getEmpty()).isTrue();
        assertThat(desiredStates.find(device.id(), SLOT)).isEmpty();
    }

    @Test
    void a_variant_of_another_release_is_refused() {
        SlotContent content = content();
        SlotContent other = new SlotContent(
                content.attempt(),
                false,
                release,
                Digest.of(new byte[] {1}),
                content.probation(),
                DesiredReason.OFFER,
                0);

        assertThatThrownBy(() -> want(other))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has no variant with the file");
        assertThat(desiredStates.find(device.id(), SLOT)).isEmpty();
    }

    @Test
    void a_device_that_is_behind_gets_the_same_bytes_again() throws Exception {
        want(content());
        byte[] first = device.awaitEnvelope();
        await(() -> outboxRows() == 0);

        device.say(PresenceKind.HELLO, 0);

        assertThat(device.awaitEnvelope()).isEqualTo(first);
    }

    @Test
    void a_device_that_is_ahead_gets_a_number_above_its_own() throws Exception {
        device.say(PresenceKind.HELLO, 50);
        await(() -> devices.find(device.id()).orElseThrow().reportedDesiredSeq() == 50);

        want(content());

        assertThat(device.awaitDesired().getSeq()).isEqualTo(51);
    }

    @Test
    void a_device_that_is_ahead_of_a_restored_database_is_put_right_when_it_says_hello() throws Exception {
        want(content());
        Desired first = device.awaitDesired();
        await(() -> outboxRows() == 0);

        device.say(PresenceKind.HELLO, 7);

        Desired next = device.awaitDesired();
        assertThat(next.getSeq()).isEqualTo(8);
        assertThat(next.getSlotsList()).isEqualTo(first.getSlotsList());
    }

    @Test
    void an_old_document_is_signed_anew_for_a_connected_device_with_the_same_attempt() throws Exception {
        want(content());
        Desired first = device.awaitDesired();
        await(() -> outboxRows() == 0);
        execute("update desired_state set issued_at = issued_at - interval '3 days 1 second' where device_id = '"
                + device.id() + "'");
        refresh.enqueueOld(100);
        assertThat(outboxRows()).as("offline devices wait until they return").isZero();
        device.say(PresenceKind.HELLO, 1);
        await(() -> devices.find(device.id()).orElseThrow().online());

        refresh.enqueueOld(100);

        Desired second = device.awaitDesired();
        assertThat(second.getSeq()).isEqualTo(2);
        assertThat(second.getSlotsList()).isEqualTo(first.getSlotsList());
    }

    @Test
    void rows_left_behind_by_a_server_that_died_are_sent() throws Exception {
        want(content());
        byte[] first = device.awaitEnvelope();
        await(() -> outboxRows() == 0);

        // As the other process left it: the row is committed, and nobody has been woken.
        execute("insert into desired_outbox (device_id, not_before, created_at) values ('" + device.id()
                + "', now() - interval '1 minute', now())");

        assertThat(device.awaitEnvelope()).isEqualTo(first);
        await(() -> outboxRows() == 0);
    }

    @Test
    void a_broker_that_is_down_keeps_the_row_until_it_is_back() throws Exception {
        BrokerOutage.DOWN.set(true);

        want(content());
        await(() -> count("select coalesce(max(attempts), 0) from desired_outbox where device_id = ?") >= 2);
        assertThat(outboxRows()).isEqualTo(1);
        BrokerOutage.DOWN.set(false);

        assertThat(device.awaitDesired().getSeq())
                .as("the document was signed once, however often it was offered")
                .isEqualTo(1);
        await(() -> outboxRows() == 0);
    }

    @Test
    void a_clock_that_fell_behind_signs_nothing() throws Exception {
        execute("insert into signing_clock (id, last_signed_at) values (1, now() + interval '2 days')"
                + " on conflict (id) do update set last_signed_at = excluded.last_signed_at");

        want(content());
        await(() -> count("select coalesce(max(attempts), 0) from desired_outbox where device_id = ?") >= 1
                && count("select count(*) from desired_outbox where not_before > now() and device_id = ?") == 1);
        assertThat(count("select coalesce(max(seq), 0) from desired_state where device_id = ?"))
                .isZero();
        execute("delete from signing_clock");
        execute("update desired_outbox set not_before = now()");

        assertThat(device.awaitDesired().getSeq()).isEqualTo(1);
    }

    @Test
    void needs_outside_their_limits_are_refused_to_the_device() throws Exception {
        ByteString blob = Digest.of(file).toBytes();

        assertThat(device.ask(TestDevice.need(blob, 0, 0, 1)).getRefusal()).isEqualTo("window-out-of-range");
        assertThat(device.ask(TestDevice.need(blob, 9, 0, 1)).getRefusal()).isEqualTo("window-out-of-range");
        assertThat(device.ask(TestDevice.need(blob, 8, 8, 2)).getRefusal()).isEqualTo("range-beyond-end");
        assertThat(device.ask(TestDevice.need(Digest.of(new byte[] {9}).toBytes(), 8, 0, 1))
                        .getRefusal())
                .isEqualTo("unknown-blob");
    }

    @Test
    void a_need_that_cannot_be_read_becomes_a_dead_letter() throws Exception {
        device.publish(OutLeaf.NEED, new byte[] {(byte) 0xff, 0x01});
        device.publish(
                OutLeaf.NEED,
                TestDevice.need(ByteString.copyFromUtf8("short"), 1, 0, 1).toByteArray());

        await(() -> deadLetters("not-protobuf") == 1);
        await(() -> deadLetters("malformed-need") == 1);
    }

    @Test
    void a_chunk_list_and_an_envelope_are_blobs_like_any_other() throws Exception {
        want(content());
        DesiredSlot slot = device.awaitDesired().getSlots(0);

        BlobRef list = slot.getEncodings(0).getChunkList();
        assertThat(device.fetch(list)).hasSize((int) list.getSize());
        assertThat(device.ask(TestDevice.need(list.getSha256(), 1, 1, 1)).getRefusal())
                .isEqualTo("range-beyond-end");
    }

    private void want(SlotContent content) {
        QuarkusTransaction.requiringNew().run(() -> desiredStates.want(device.id(), SLOT, content));
    }

    private SlotContent content() {
        return new SlotContent(
                new AttemptId(new UUID(device.id().hashCode(), ++attempts)),
                false,
                release,
                Digest.of(file),
                new ProbationPlan(60, 50, 600),
                DesiredReason.OFFER,
                10);
    }

    private static String upload(byte[] file) {
        return given().header("X-TinyFleet", "console")
                .contentType("application/octet-stream")
                .body(file)
                .post("/api/v1/artifacts")
                .then()
                .statusCode(201)
                .extract()
                .path("sha256");
    }

    private static String post(String path, String body) {
        return String.valueOf((Object) given().header("X-TinyFleet", "console")
                .contentType("application/json")
                .body(body)
                .post(path)
                .then()
                .statusCode(201)
                .extract()
                .path("id"));
    }

    private long outboxRows() throws SQLException {
        return count("select count(*) from desired_outbox where device_id = ?");
    }

    private long deadLetters(String reason) throws SQLException {
        return count("select count(*) from dead_letter where reason = '" + reason + "' and topic = '"
                + Topics.deviceOut(device.id(), OutLeaf.NEED) + "'");
    }

    private long count(String sql) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            if (sql.contains("?")) {
                statement.setString(1, device.id().value());
            }
            try (ResultSet row = statement.executeQuery()) {
                assertThat(row.next()).isTrue();
                return row.getLong(1);
            }
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.executeUpdate();
        }
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("the condition holds in time").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }
}
