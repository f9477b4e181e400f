package io.tinyfleet.server.device;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import com.datadoghq.sketch.ddsketch.DDSketch;
import com.datadoghq.sketch.ddsketch.DDSketches;
import com.datadoghq.sketch.ddsketch.encoding.GrowingByteArrayOutput;
import com.google.protobuf.ByteString;
import io.agroal.api.AgroalDataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.TestSecurity;
import io.restassured.path.json.JsonPath;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.OutLeaf;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.Topics;
import io.tinyfleet.protocol.v1.Ack;
import io.tinyfleet.protocol.v1.Attempt;
import io.tinyfleet.protocol.v1.DeviceEvent;
import io.tinyfleet.protocol.v1.Energy;
import io.tinyfleet.protocol.v1.EnergyLabel;
import io.tinyfleet.protocol.v1.InstalledArtifact;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.PresenceKind;
import io.tinyfleet.protocol.v1.Reported;
import io.tinyfleet.protocol.v1.ReportedSlot;
import io.tinyfleet.protocol.v1.ScoreCounts;
import io.tinyfleet.protocol.v1.Severity;
import io.tinyfleet.protocol.v1.Skipped;
import io.tinyfleet.protocol.v1.Stream;
import io.tinyfleet.protocol.v1.Window;
import io.tinyfleet.server.platform.DatabaseResource;
import jakarta.inject.Inject;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** From a device's connection to the rows: a real MQTT client, the embedded broker, a real PostgreSQL. */
@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
@TestSecurity(
        user = "olga",
        roles = {"operator", "viewer"})
class IngestTest {
    private static final Digest ARTIFACT = Digest.of(new byte[] {1});
    private static final ReleaseId RELEASE = new ReleaseId(UUID.fromString("01920000-0000-7000-8000-000000000001"));
    private static final AttemptId ATTEMPT = new AttemptId(UUID.fromString("01920000-0000-7000-8000-000000000002"));

    @Inject
    AgroalDataSource database;

    @Inject
    DeviceDirectory directory;

    @Inject
    DeviceRepository devices;

    @Inject
    PresenceSweep sweep;

    @Inject
    FleetCounts counts;

    @Inject
    InstantSource clock;

    static String token() {
        return given().header("X-TinyFleet", "console")
                .contentType("application/json")
                .body(Map.of("kind", "REPLAY", "maxUses", 10, "validHours", 1))
                .post("/api/v1/enrolment-tokens")
                .then()
                .statusCode(200)
                .extract()
                .body()
                .jsonPath()
                .getString("token");
    }

    private static JsonPath device(TestDevice device) {
        return given().get("/api/v1/devices/" + device.id())
                .then()
                .statusCode(200)
                .extract()
                .body()
                .jsonPath();
    }

    private static void awaitState(TestDevice device, String state) throws Exception {
        Await.until(
                device.id() + " is " + state, () -> state.equals(device(device).getString("state")));
    }

    static Window window(String source, long over, long total) {
        DDSketch latency = DDSketches.collapsingLowestDense(0.01, 1024);
        for (int i = 1; i <= 100; i++) {
            latency.accept(i / 10.0);
        }
        GrowingByteArrayOutput bytes = GrowingByteArrayOutput.withDefaultInitialCapacity();
        try {
            latency.encode(bytes, false);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return Window.newBuilder()
                .setSlot("vad")
                .setArtifactSha256(ARTIFACT.toBytes())
                .setAttemptId(ATTEMPT.toBytes())
                .setDurationMillis(10_000)
                .setOk(100)
                .setLatencySketch(ByteString.copyFrom(bytes.trimmedCopy()))
                .setEnergy(Energy.newBuilder()
                        .setLabel(EnergyLabel.ESTIMATED)
                        .setJoulesGross(2)
                        .setJoulesNet(0.5)
                        .setMethod("cpu-seconds x 2.5 W")
                        .setScope("process"))
                .setCpuSeconds(0.2)
                .setPhase(Phase.HEALTHY)
                .setSource(source)
                .setScores(
                        ScoreCounts.newBuilder().setThreshold(0.5).setOver(over).setTotal(total))
                .build();
    }

    private static Reported reported(Phase phase, long desiredSeq) {
        return Reported.newBuilder()
                .setDesiredSeq(desiredSeq)
                .addSlots(ReportedSlot.newBuilder()
                        .setSlot("vad")
                        .setActive(InstalledArtifact.newBuilder()
                                .setSha256(ARTIFACT.toBytes())
                                .setReleaseId(RELEASE.toBytes())
                                .setModel("silero-vad")
                                .setVersion("5.0.0"))
                        .setAttempt(Attempt.newBuilder()
                                .setAttemptId(ATTEMPT.toBytes())
                                .setArtifactSha256(ARTIFACT.toBytes())
                                .setPhase(phase)
                                .setBytesDone(10)
                                .setBytesTotal(10)))
                .build();
    }

    private long rows(String sql, String device) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, device);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private long windowsOf(TestDevice device) throws SQLException {
        return rows(
                "select count(*) from telemetry_window where device_id = ?",
                device.id().value());
    }

    private long deadLettersOf(TestDevice device, String reason) throws SQLException {
        return rows(
                "select count(*) from dead_letter where topic like '%/" + device.id() + "/%' and reason like ?",
                reason + "%");
    }

    @Test
    void a_device_that_says_hello_is_online_and_one_whose_power_is_cut_is_offline() throws Exception {
        TestDevice device = TestDevice.enrolled("presence-1", token());
        assertThat(device(device).getString("state")).isEqualTo("UNKNOWN");
        device.connected(1, 1);
        awaitState(device, "HEALTHY");
        JsonPath seen = device(device);
        assertThat(seen.getBoolean("online")).isTrue();
        assertThat(seen.getString("agentVersion")).isEqualTo("0.1.0");
        assertThat(seen.getString("kind")).isEqualTo("REPLAY");
        device.client().cut();
        awaitState(device, "OFFLINE");
        assertThat(device(device).getString("stateReason")).isEqualTo("connection lost");
    }

    @Test
    void an_old_will_does_not_mark_a_new_connection_offline() throws Exception {
        try (TestDevice device = TestDevice.enrolled("presence-2", token()).connected(1, 1)) {
            device.say(PresenceKind.HELLO, 1, 2);
            device.say(PresenceKind.WILL, 1, 1);
            device.send(Stream.EVENT, 1, 1, event("after-the-will"));
            device.awaitStored(Stream.EVENT, 1, 1);
            assertThat(device(device).getString("state")).isEqualTo("HEALTHY");
        }
    }

    @Test
    void after_a_server_start_devices_are_unknown_until_heard() throws Exception {
        try (TestDevice device = TestDevice.enrolled("presence-3", token()).connected(1, 1)) {
            awaitState(device, "HEALTHY");
            sweep.start(new io.quarkus.runtime.StartupEvent());
            assertThat(device(device).getString("state")).isEqualTo("UNKNOWN");
            device.say(PresenceKind.HEARTBEAT, 1, 1);
            awaitState(device, "HEALTHY");
        }
    }

    @Test
    void silence_makes_a_device_offline_and_a_heartbeat_brings_it_back() throws Exception {
        try (TestDevice device = TestDevice.enrolled("presence-4", token()).connected(1, 1)) {
            awaitState(device, "HEALTHY");
            io.quarkus.narayana.jta.QuarkusTransaction.requiringNew()
                    .run(() -> sweep.markSilent(clock.instant().plusSeconds(600)));
            assertThat(device(device).getString("stateReason")).isEqualTo("no heartbeat");
            device.say(PresenceKind.HEARTBEAT, 1, 1);
            awaitState(device, "HEALTHY");
        }
    }

    @Test
    void a_device_with_a_lower_boot_counter_is_told_to_go_on_above() throws Exception {
        try (TestDevice device = TestDevice.enrolled("boot-1", token()).connected(7, 1)) {
            awaitState(device, "HEALTHY");
            device.say(PresenceKind.HELLO, 3, 1);
            Ack ack = device.awaitAck();
            assertThat(ack.getContinueAboveBoot()).isEqualTo(7);
        }
    }

    @Test
    void a_window_is_stored_once_however_often_it_comes() throws Exception {
        try (TestDevice device = TestDevice.enrolled("once-1", token()).connected(1, 1)) {
            for (int i = 0; i < 5; i++) {
                device.send(Stream.TELEMETRY, 1, 1, window("once-source", 80, 100));
                device.awaitStored(Stream.TELEMETRY, 1, 1);
            }
            assertThat(windowsOf(device)).isEqualTo(1);
            given().get("/api/v1/telemetry/shares")
                    .then()
                    .statusCode(200)
                    .body("items.find { it.source == 'once-source' }.over", equalTo(80))
                    .body("items.find { it.source == 'once-source' }.share", equalTo(0.8f))
                    .body("items.find { it.source == 'once-source' }.windows", equalTo(1));
            assertThat(rows(
                            "select coalesce(sum(windows), 0) from telemetry_rollup where hardware_class = ?",
                            "bench-x86_64"))
                    .isPositive();
        }
    }

    @Test
    void what_an_artifact_costs_on_a_hardware_class_is_measured_by_devices() throws Exception {
        Digest artifact = Digest.of(new byte[] {7, 7});
        try (TestDevice device = TestDevice.enrolled("profile-1", token()).connected(1, 1)) {
            for (int seq = 1; seq <= 2; seq++) {
                Window window = window("profile-source", 1, 100).toBuilder()
                        .setArtifactSha256(artifact.toBytes())
                        .setRssPeakBytes(seq * 1_000_000L)
                        .build();
                device.send(Stream.TELEMETRY, 1, seq, window);
                device.awaitStored(Stream.TELEMETRY, 1, seq);
            }
        }
        given().get("/api/v1/telemetry/profiles?artifact=" + artifact.hex())
                .then()
                .statusCode(200)
                .body("items.size()", equalTo(1))
                .body("items[0].hardwareClass", equalTo("bench-x86_64"))
                .body("items[0].windows", equalTo(2))
                .body("items[0].inferences", equalTo(200))
                .body("items[0].failedShare", equalTo(0f))
                .body("items[0].rssPeakBytes", equalTo(2_000_000))
                .body("items[0].energy[0].label", equalTo("ESTIMATED"))
                .body("items[0].energy[0].millijoulesPerInference", equalTo(5f))
                .body("items[0].energy[0].inferences", equalTo(200));
    }

    @Test
    void a_profile_is_of_one_artifact_and_empty_for_one_that_nobody_ran() {
        given().get("/api/v1/telemetry/profiles?artifact="
                        + Digest.of(new byte[] {8, 8}).hex())
                .then()
                .statusCode(200)
                .body("items.size()", equalTo(0));
        for (String wrong : List.of("", "?artifact=abc", "?artifact=" + ARTIFACT.hex() + "&since=yesterday")) {
            given().get("/api/v1/telemetry/profiles" + wrong).then().statusCode(400);
        }
    }

    @Test
    void the_figures_of_the_newest_window_are_shown_with_their_label() throws Exception {
        try (TestDevice device = TestDevice.enrolled("figures-1", token()).connected(1, 1)) {
            device.send(Stream.STATE, 1, 1, reported(Phase.HEALTHY, 0));
            device.awaitStored(Stream.STATE, 1, 1);
            device.send(Stream.TELEMETRY, 1, 1, window("figures-source", 1, 100));
            device.awaitStored(Stream.TELEMETRY, 1, 1);
            JsonPath seen = device(device);
            assertThat(seen.getDouble("latencyP95Millis")).isBetween(9.3, 9.7);
            assertThat(seen.getDouble("energyMillijoulesPerInference")).isEqualTo(5.0);
            assertThat(seen.getString("energyLabel")).isEqualTo("ESTIMATED");
            assertThat(counts.versions().stream()
                            .filter(matrix -> matrix.model().equals("silero-vad"))
                            .toList())
                    .isNotEmpty();
        }
    }

    @Test
    void out_of_order_messages_are_acknowledged_up_to_the_gap() throws Exception {
        try (TestDevice device = TestDevice.enrolled("gap-1", token()).connected(1, 1)) {
            device.send(Stream.TELEMETRY, 1, 3, window("gap-source", 1, 100));
            assertThat(device.awaitAck().getMarks(0).getUpTo()).isZero();
            device.send(Stream.TELEMETRY, 1, 1, window("gap-source", 1, 100));
            device.awaitStored(Stream.TELEMETRY, 1, 1);
            device.send(Stream.TELEMETRY, 1, 2, window("gap-source", 1, 100));
            device.awaitStored(Stream.TELEMETRY, 1, 3);
            assertThat(windowsOf(device)).isEqualTo(3);
        }
    }

    @Test
    void numbers_given_up_close_the_gap_and_are_counted() throws Exception {
        try (TestDevice device = TestDevice.enrolled("gap-2", token()).connected(1, 1)) {
            device.send(Stream.TELEMETRY, 1, 5, window("gap-source", 1, 100));
            device.send(TestDevice.envelope(Stream.TELEMETRY, 1, 1)
                    .setSkipped(Skipped.newBuilder().setFirst(1).setLast(4).setReason("outbox full"))
                    .build());
            device.awaitStored(Stream.TELEMETRY, 1, 5);
            assertThat(rows(
                            "select skipped from stored_mark where device_id = ?",
                            device.id().value()))
                    .isEqualTo(4);
            assertThat(windowsOf(device)).isEqualTo(1);
        }
    }

    @Test
    void an_older_report_that_comes_late_is_marked_and_changes_nothing() throws Exception {
        try (TestDevice device = TestDevice.enrolled("report-1", token()).connected(1, 1)) {
            device.send(Stream.STATE, 1, 2, reported(Phase.HEALTHY, 8));
            device.awaitAck();
            device.send(Stream.STATE, 1, 1, reported(Phase.DOWNLOADING, 7));
            device.awaitStored(Stream.STATE, 1, 2);
            DeviceSnapshot snapshot = directory.find(device.id()).orElseThrow();
            assertThat(snapshot.reportedDesiredSeq()).isEqualTo(8);
            assertThat(snapshot.slots()
                            .values()
                            .iterator()
                            .next()
                            .attempt()
                            .orElseThrow()
                            .phase())
                    .isEqualTo(Phase.HEALTHY);
            assertThat(device(device).getString("state")).isEqualTo("HEALTHY");
        }
    }

    @Test
    void an_update_shows_as_updating_and_a_failed_one_names_its_reason() throws Exception {
        try (TestDevice device = TestDevice.enrolled("report-2", token()).connected(1, 1)) {
            device.send(Stream.STATE, 1, 1, reported(Phase.PROBATION, 1));
            awaitState(device, "UPDATING");
            Reported failed = reported(Phase.FAILED, 1).toBuilder()
                    .setSlots(
                            0,
                            reported(Phase.FAILED, 1).getSlots(0).toBuilder()
                                    .setAttempt(reported(Phase.FAILED, 1).getSlots(0).getAttempt().toBuilder()
                                            .setReason("self-test-failed")))
                    .build();
            device.send(Stream.STATE, 1, 2, failed);
            awaitState(device, "HEALTHY");
            assertThat(device(device).getString("stateReason")).contains("self-test-failed");
            device.send(
                    Stream.STATE,
                    1,
                    3,
                    failed.toBuilder()
                            .setSlots(0, failed.getSlots(0).toBuilder().clearActive())
                            .build());
            awaitState(device, "FAILING");
        }
    }

    @Test
    void a_message_that_is_not_protobuf_becomes_a_dead_letter_and_holds_up_nothing() throws Exception {
        try (TestDevice device = TestDevice.enrolled("rubbish-1", token()).connected(1, 1)) {
            device.client()
                    .publish(
                            Topics.deviceOut(device.id(), OutLeaf.TELEMETRY),
                            "not protobuf at all".getBytes(java.nio.charset.StandardCharsets.UTF_8));
            device.client().publish(Topics.deviceOut(device.id(), OutLeaf.STATE), new byte[] {(byte) 0xff, 1});
            device.client().publish(Topics.deviceOut(device.id(), OutLeaf.STATE), new byte[0]);
            device.send(Stream.TELEMETRY, 1, 1, window("rubbish-source", 1, 100));
            device.awaitStored(Stream.TELEMETRY, 1, 1);
            Await.until("three dead letters", () -> deadLettersOf(device, "") == 3);
            assertThat(deadLettersOf(device, "not-protobuf")).isEqualTo(2);
            assertThat(deadLettersOf(device, "empty-message")).isEqualTo(1);
            given().get("/api/v1/telemetry/dead-letters")
                    .then()
                    .statusCode(200)
                    .body("items.find { it.topic.contains('rubbish-1') }.bytes", org.hamcrest.Matchers.notNullValue());
        }
    }

    @Test
    void a_body_that_cannot_be_read_is_marked_by_its_envelope() throws Exception {
        try (TestDevice device = TestDevice.enrolled("rubbish-2", token()).connected(1, 1)) {
            device.send(Stream.TELEMETRY, 1, 1, new byte[] {(byte) 0xff, (byte) 0xff});
            device.send(Stream.TELEMETRY, 1, 2, window("rubbish-source", 200, 100));
            device.send(
                    Stream.TELEMETRY,
                    1,
                    3,
                    window("rubbish-source", 1, 100).toBuilder()
                            .setLatencySketch(ByteString.copyFromUtf8("no sketch"))
                            .build());
            device.send(Stream.EVENT, 1, 1, event("Not A Code"));
            device.send(
                    Stream.STATE,
                    1,
                    1,
                    Reported.newBuilder()
                            .addSlots(ReportedSlot.newBuilder().setSlot("Not A Slot"))
                            .build());
            device.awaitStored(Stream.STATE, 1, 1);
            Await.until("five dead letters", () -> deadLettersOf(device, "") == 5);
            assertThat(deadLettersOf(device, "bad-window")).isEqualTo(2);
            assertThat(windowsOf(device)).isZero();
            assertThat(rows(
                            "select up_to from stored_mark where stream = 3 and device_id = ?",
                            device.id().value()))
                    .isEqualTo(3);
        }
    }

    @Test
    void an_envelope_of_another_stream_or_without_a_number_is_refused() throws Exception {
        try (TestDevice device = TestDevice.enrolled("rubbish-3", token()).connected(1, 1)) {
            device.client()
                    .publish(
                            Topics.deviceOut(device.id(), OutLeaf.EVENT),
                            TestDevice.envelope(Stream.TELEMETRY, 1, 1)
                                    .setBody(window("x", 1, 1).toByteString())
                                    .build()
                                    .toByteArray());
            device.send(Stream.EVENT, 1, 0, event("numberless"));
            device.send(Stream.EVENT, 0, 1, event("bootless"));
            device.send(Stream.EVENT, -1, 1, event("negative"));
            device.send(TestDevice.envelope(Stream.EVENT, 1, 1)
                    .setSkipped(Skipped.newBuilder().setFirst(9).setLast(3))
                    .build());
            Await.until("five dead letters", () -> deadLettersOf(device, "") == 5);
            assertThat(rows(
                            "select count(*) from stored_mark where device_id = ?",
                            device.id().value()))
                    .isZero();
        }
    }

    @Test
    void events_are_kept_in_their_order() throws Exception {
        try (TestDevice device = TestDevice.enrolled("events-1", token()).connected(1, 1)) {
            device.send(Stream.EVENT, 1, 1, event("first-one"));
            device.send(Stream.EVENT, 1, 2, event("second-one"));
            device.awaitStored(Stream.EVENT, 1, 2);
            given().get("/api/v1/devices/events-1/events?limit=1")
                    .then()
                    .statusCode(200)
                    .body("items.code", org.hamcrest.Matchers.contains("second-one"))
                    .body("items[0].severity", equalTo("WARNING"));
        }
    }

    @Test
    void a_retired_device_is_cut_off_and_starts_anew_under_another_key() throws Exception {
        TestDevice old = TestDevice.enrolled("retire-1", token()).connected(1, 1);
        old.send(Stream.TELEMETRY, 1, 1, window("retire-source", 1, 100));
        old.awaitStored(Stream.TELEMETRY, 1, 1);
        given().header("X-TinyFleet", "console")
                .post("/api/v1/devices/retire-1/retire")
                .then()
                .statusCode(200)
                .body("state", equalTo("RETIRED"));
        assertThat(old.client().awaitDisconnect()).isTrue();
        try (TestDevice fresh = TestDevice.enrolled("retire-1", token()).connected(1, 1)) {
            fresh.send(Stream.TELEMETRY, 1, 1, window("retire-source", 1, 100));
            fresh.awaitStored(Stream.TELEMETRY, 1, 1);
            assertThat(windowsOf(fresh)).isEqualTo(2);
            awaitState(fresh, "HEALTHY");
        }
    }

    @Test
    void quarantine_stands_over_everything_until_it_is_released() throws Exception {
        try (TestDevice device = TestDevice.enrolled("quarantine-1", token()).connected(1, 1)) {
            awaitState(device, "HEALTHY");
            given().header("X-TinyFleet", "console")
                    .contentType("application/json")
                    .body(Map.of("reason", "smells of smoke"))
                    .post("/api/v1/devices/quarantine-1/quarantine")
                    .then()
                    .statusCode(200)
                    .body("state", equalTo("QUARANTINED"))
                    .body("stateReason", equalTo("smells of smoke"));
            device.say(PresenceKind.HEARTBEAT, 1, 1);
            device.send(Stream.STATE, 1, 1, reported(Phase.HEALTHY, 0));
            device.awaitStored(Stream.STATE, 1, 1);
            assertThat(device(device).getString("state")).isEqualTo("QUARANTINED");
            assertThat(directory.find(device.id()).orElseThrow().quarantined()).isTrue();
            given().header("X-TinyFleet", "console")
                    .post("/api/v1/devices/quarantine-1/release")
                    .then()
                    .statusCode(200)
                    .body("state", equalTo("HEALTHY"));
            given().header("X-TinyFleet", "console")
                    .post("/api/v1/devices/quarantine-1/release")
                    .then()
                    .statusCode(409)
                    .body("code", equalTo("not-quarantined"));
        }
    }

    @Test
    void the_list_is_filtered_sorted_and_paged_and_a_facet_ignores_its_own_choice() throws Exception {
        String token = token();
        for (int i = 1; i <= 3; i++) {
            TestDevice.enrolled("page-" + i, token);
        }
        JsonPath first = list("?q=page-&limit=2&sort=id&order=desc");
        assertThat(first.getList("items.id", String.class)).containsExactly("page-3", "page-2");
        assertThat(first.getInt("total")).isEqualTo(3);
        JsonPath second = list("?q=page-&limit=2&sort=id&order=desc&cursor=" + first.getString("nextCursor"));
        assertThat(second.getList("items.id", String.class)).containsExactly("page-1");
        assertThat(second.getString("nextCursor")).isNull();
        JsonPath none = list("?q=page-&state=FAILING");
        assertThat(none.getInt("total")).isZero();
        assertThat(none.getInt("facets.state.UNKNOWN")).isEqualTo(3);
        assertThat(none.getInt("facets.state.FAILING")).isZero();
        for (String sort : new String[] {"state", "hardware", "p95", "energy", "lastSeen"}) {
            JsonPath page = list("?q=page-&limit=1&sort=" + sort);
            JsonPath next = list("?q=page-&limit=5&sort=" + sort + "&cursor=" + page.getString("nextCursor"));
            assertThat(next.getList("items.id", String.class)).containsExactly("page-2", "page-3");
        }
    }

    private static JsonPath list(String query) {
        return given().get("/api/v1/devices" + query)
                .then()
                .statusCode(200)
                .extract()
                .body()
                .jsonPath();
    }

    @Test
    void a_list_that_makes_no_sense_is_refused_with_field_and_rule() {
        for (String query : new String[] {
            "state=SLEEPY",
            "kind=TOY",
            "sort=weight",
            "order=up",
            "limit=0",
            "limit=501",
            "limit=x",
            "rollout=7",
            "cursor=!!!",
            "cursor=aWQ"
        }) {
            given().get("/api/v1/devices?" + query)
                    .then()
                    .statusCode(400)
                    .contentType("application/problem+json")
                    .body("violations[0].field", equalTo(query.substring(0, query.indexOf('='))));
        }
    }

    @Test
    void what_is_not_there_is_not_found() {
        given().get("/api/v1/devices/nobody").then().statusCode(404).body("code", equalTo("not-found"));
        given().get("/api/v1/devices/no.body").then().statusCode(404);
        given().get("/api/v1/devices/nobody/events").then().statusCode(404);
        given().header("X-TinyFleet", "console")
                .post("/api/v1/devices/nobody/release")
                .then()
                .statusCode(404);
    }

    @Test
    @TestSecurity(user = "vera", roles = "viewer")
    void a_viewer_cannot_act_on_devices() {
        for (String verb : new String[] {"quarantine", "release", "retire"}) {
            given().header("X-TinyFleet", "console")
                    .contentType("application/json")
                    .body("{}")
                    .post("/api/v1/devices/nobody/" + verb)
                    .then()
                    .statusCode(403);
        }
        given().header("X-TinyFleet", "console")
                .contentType("application/json")
                .body("{}")
                .post("/api/v1/enrolment-tokens")
                .then()
                .statusCode(403);
    }

    private static DeviceEvent event(String code) {
        return DeviceEvent.newBuilder()
                .setCode(code)
                .setSeverity(Severity.WARNING)
                .setDetail("as it happened")
                .build();
    }

    @Test
    void devices_are_listed_for_other_features_in_the_order_of_ids() throws Exception {
        String token = token();
        TestDevice.enrolled("order-B", token);
        TestDevice.enrolled("order-a", token);
        TestDevice.enrolled("order-A", token);
        assertThat(directory
                        .list(java.util.List.of(
                                new DeviceId("order-a"),
                                new DeviceId("order-B"),
                                new DeviceId("order-A"),
                                new DeviceId("order-none")))
                        .stream()
                        .map(snapshot -> snapshot.id().value())
                        .toList())
                .containsExactly("order-A", "order-B", "order-a");
        assertThat(directory.exists(new DeviceId("order-none"))).isFalse();
    }
}
