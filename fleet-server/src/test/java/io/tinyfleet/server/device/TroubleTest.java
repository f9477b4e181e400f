package io.tinyfleet.server.device;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.TestSecurity;
import io.restassured.path.json.JsonPath;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.v1.Attempt;
import io.tinyfleet.protocol.v1.DeviceEvent;
import io.tinyfleet.protocol.v1.DeviceTrouble;
import io.tinyfleet.protocol.v1.InputState;
import io.tinyfleet.protocol.v1.InstalledArtifact;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Reported;
import io.tinyfleet.protocol.v1.ReportedInput;
import io.tinyfleet.protocol.v1.ReportedSlot;
import io.tinyfleet.protocol.v1.Severity;
import io.tinyfleet.protocol.v1.Stream;
import io.tinyfleet.server.platform.DatabaseResource;
import jakarta.inject.Inject;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever goes wrong on a device has a state and a reason here, in the words that the agent uses. */
@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
@TestSecurity(
        user = "olga",
        roles = {"operator", "viewer"})
class TroubleTest {
    @Inject
    InstantSource clock;

    private static final Digest ARTIFACT = Digest.of(new byte[] {1});
    private static final AttemptId ATTEMPT = new AttemptId(UUID.randomUUID());

    private static InstalledArtifact.Builder installed(String version) {
        return InstalledArtifact.newBuilder()
                .setSha256(ARTIFACT.toBytes())
                .setReleaseId(new ReleaseId(UUID.randomUUID()).toBytes())
                .setModel("silero-vad")
                .setVersion(version);
    }

    private static ReportedSlot.Builder slot() {
        return ReportedSlot.newBuilder().setSlot("vad").setActive(installed("5.0.0"));
    }

    private static Reported input(InputState state, String reason, long forMillis) {
        return Reported.newBuilder()
                .addSlots(slot().setInput(ReportedInput.newBuilder()
                        .setState(state)
                        .setReason(reason)
                        .setForMillis(forMillis)))
                .build();
    }

    private static JsonPath after(TestDevice device, long seq, Reported reported) throws Exception {
        device.send(Stream.STATE, 1, seq, reported);
        device.awaitStored(Stream.STATE, 1, seq);
        return given().get("/api/v1/devices/" + device.id())
                .then()
                .statusCode(200)
                .extract()
                .body()
                .jsonPath();
    }

    @ParameterizedTest
    @CsvSource({
        "INPUT_STALLED, STALLED, nothing came for 10 s",
        "INPUT_DEAD, DEAD, the command arecord cannot be started",
        "INPUT_FLOODING, FLOODING, more comes than the model answers in time: the oldest is thrown away"
    })
    void an_input_in_trouble_is_told_with_its_reason_until_it_flows_again(InputState state, String word, String reason)
            throws Exception {
        String id = "input-" + word.toLowerCase(java.util.Locale.ROOT);
        try (TestDevice device = TestDevice.enrolled(id, IngestTest.token()).connected(1, 1)) {
            JsonPath before = after(device, 1, input(InputState.INPUT_FLOWING, "", 0));
            assertThat(before.getString("state")).isEqualTo("HEALTHY");
            assertThat(before.getString("slots[0].input.state")).isEqualTo("FLOWING");

            JsonPath seen = after(device, 2, input(state, reason, 60_000));
            assertThat(seen.getString("slots[0].input.state")).isEqualTo(word);
            assertThat(seen.getString("slots[0].input.reason")).isEqualTo(reason);
            assertThat(Instant.parse(seen.getString("slots[0].input.since")))
                    .isBefore(clock.instant().minus(55, ChronoUnit.SECONDS));
            assertThat(seen.getString("state")).isEqualTo("DEGRADED");
            assertThat(seen.getString("stateReason"))
                    .contains("vad: the input is")
                    .contains(reason);
            assertThat(seen.getString("slots[0].active.version"))
                    .as("the model goes on")
                    .isEqualTo("5.0.0");

            JsonPath again = after(device, 3, input(state, reason, 120_000));
            assertThat(again.getString("slots[0].input.since"))
                    .as("reported again, it is as old as it was")
                    .isEqualTo(seen.getString("slots[0].input.since"));

            JsonPath flows = after(device, 4, input(InputState.INPUT_FLOWING, "", 0));
            assertThat(flows.getString("state")).isEqualTo("HEALTHY");
            assertThat(flows.getString("slots[0].input.reason")).isNull();
        }
    }

    @Test
    void an_input_state_that_nobody_knows_is_a_dead_letter_and_changes_nothing() throws Exception {
        try (TestDevice device =
                TestDevice.enrolled("input-unknown", IngestTest.token()).connected(1, 1)) {
            after(device, 1, input(InputState.INPUT_STALLED, "nothing came for 10 s", 0));
            Reported strange = Reported.newBuilder()
                    .addSlots(slot().setInput(ReportedInput.newBuilder().setStateValue(99)))
                    .build();
            assertThat(after(device, 2, strange).getString("slots[0].input.state"))
                    .isEqualTo("STALLED");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "FAILED, self-test-failed, 'output has shape [1, 2], the vectors want [1, 3]'",
        "FAILED, wrong-answer, 'the output scores is int8, float32 is declared'",
        "ROLLED_BACK, over-memory-limit, 'it took 412 MB of memory, its limit is 210 MB'",
        "FAILED, killed-by-deadline, 'no answer within 5 s, the worker was ended'",
        "ROLLED_BACK, crash-loop, 'started 4 times, the last end: model-crash: native code crashed (139)'",
        "FAILED, disk-full, 'the disk is full: No space left on device'",
        "FAILED, disk-read-only, 'the disk takes no writes: Read-only file system'"
    })
    void a_model_that_fails_is_told_with_reason_and_detail_while_the_last_good_one_runs(
            Phase phase, String reason, String detail) throws Exception {
        try (TestDevice device =
                TestDevice.enrolled("model-" + reason, IngestTest.token()).connected(1, 1)) {
            JsonPath seen = after(
                    device,
                    1,
                    Reported.newBuilder()
                            .addSlots(slot().setAttempt(Attempt.newBuilder()
                                    .setAttemptId(ATTEMPT.toBytes())
                                    .setArtifactSha256(Digest.of(new byte[] {2}).toBytes())
                                    .setPhase(phase)
                                    .setReason(reason)
                                    .setDetail(detail)))
                            .build());
            assertThat(seen.getString("slots[0].attempt.reason")).isEqualTo(reason);
            assertThat(seen.getString("slots[0].attempt.detail")).isEqualTo(detail);
            assertThat(seen.getString("stateReason"))
                    .contains("runs its earlier model")
                    .contains(reason);
            assertThat(seen.getString("slots[0].active.version")).isEqualTo("5.0.0");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "disk-full, 'the disk is full: No space left on device'",
        "disk-read-only, 'the disk takes no writes: Read-only file system'",
        "clock-not-set, 'the device''s clock says 1970-01-01T00:00:12Z and nobody sets it'"
    })
    void trouble_of_the_device_itself_is_its_state_and_reason_until_it_is_over(String code, String sentence)
            throws Exception {
        try (TestDevice device =
                TestDevice.enrolled("trouble-" + code, IngestTest.token()).connected(1, 1)) {
            Reported well = Reported.newBuilder().addSlots(slot()).build();
            JsonPath seen = after(
                    device,
                    1,
                    well.toBuilder()
                            .setTrouble(DeviceTrouble.newBuilder().setCode(code).setSentence(sentence))
                            .build());
            assertThat(seen.getString("trouble.code")).isEqualTo(code);
            assertThat(seen.getString("state")).isEqualTo("DEGRADED");
            assertThat(seen.getString("stateReason")).isEqualTo(sentence);

            JsonPath over = after(device, 2, well);
            assertThat(over.getString("trouble")).isNull();
            assertThat(over.getString("state")).isEqualTo("HEALTHY");
        }
    }

    @Test
    void the_history_holds_what_happened_to_an_input() throws Exception {
        try (TestDevice device =
                TestDevice.enrolled("input-history", IngestTest.token()).connected(1, 1)) {
            device.send(
                    Stream.EVENT,
                    1,
                    1,
                    DeviceEvent.newBuilder()
                            .setCode("input-stalled")
                            .setSeverity(Severity.WARNING)
                            .setSlot("vad")
                            .setDetail("nothing came for 10 s; applications are answered all the same")
                            .build());
            device.awaitStored(Stream.EVENT, 1, 1);
            JsonPath events = given().get("/api/v1/devices/" + device.id() + "/events")
                    .then()
                    .statusCode(200)
                    .extract()
                    .body()
                    .jsonPath();
            assertThat(events.getString("items[0].code")).isEqualTo("input-stalled");
            assertThat(events.getString("items[0].slot")).isEqualTo("vad");
        }
    }

    @Test
    void a_model_of_the_device_s_image_is_shown_though_nobody_here_knows_its_release() throws Exception {
        try (TestDevice device =
                TestDevice.enrolled("factory-1", IngestTest.token()).connected(1, 1)) {
            JsonPath seen = after(
                    device,
                    1,
                    Reported.newBuilder()
                            .addSlots(ReportedSlot.newBuilder()
                                    .setSlot("vad")
                                    .setActive(installed("0.9.0").setFactory(true)))
                            .build());
            assertThat(seen.getBoolean("slots[0].active.factory")).isTrue();
            assertThat(seen.getString("slots[0].active.version")).isEqualTo("0.9.0");
            device.send(
                    Stream.TELEMETRY,
                    1,
                    1,
                    IngestTest.window("factory", 1, 100).toBuilder()
                            .clearAttemptId()
                            .setAskedByApplications(40)
                            .setInputDropped(7)
                            .build());
            device.awaitStored(Stream.TELEMETRY, 1, 1);
            JsonPath windows = given().get("/api/v1/telemetry/windows?source=factory")
                    .then()
                    .statusCode(200)
                    .extract()
                    .body()
                    .jsonPath();
            assertThat(windows.getLong("items[0].askedByApplications")).isEqualTo(40);
            assertThat(windows.getLong("items[0].inputDropped")).isEqualTo(7);
            assertThat(windows.getString("items[0].attemptId")).isNull();
            JsonPath slot = given().get("/api/v1/devices/" + device.id())
                    .then()
                    .extract()
                    .body()
                    .jsonPath();
            assertThat(slot.getLong("slots[0].askedByApplications")).isEqualTo(40);
            assertThat(slot.getLong("slots[0].inputDropped")).isEqualTo(7);
            JsonPath profile = given().get("/api/v1/telemetry/profiles?artifact=" + ARTIFACT.hex())
                    .then()
                    .statusCode(200)
                    .extract()
                    .body()
                    .jsonPath();
            assertThat(profile.getLong("items[0].inputDropped")).isGreaterThanOrEqualTo(7);
        }
    }
}
