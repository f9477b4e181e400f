package io.tinyfleet.server.rollout;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasItems;

import io.agroal.api.AgroalDataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.TestSecurity;
import io.restassured.path.json.JsonPath;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.server.platform.DatabaseResource;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every test has a slot, devices and releases of its own. */
@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
@TestSecurity(
        user = "olga",
        roles = {"operator", "viewer"})
class RolloutApiTest {
    private static final AtomicInteger NEXT = new AtomicInteger();

    @Inject
    AgroalDataSource database;

    @Inject
    RolloutTick tick;

    @Inject
    RolloutDirectory directory;

    private Fleet fleet;
    private String slot;
    private String model;
    private UUID old;
    private UUID release;

    @BeforeEach
    void prepare() {
        fleet = new Fleet(database);
        int number = NEXT.incrementAndGet();
        slot = "slot-" + number;
        model = "model-" + number;
        old = fleet.release(model, "1.0.0", "old " + model);
        release = fleet.release(model, "2.0.0", "new " + model);
    }

    private String device(int k) {
        return slot + "-d" + k;
    }

    private List<String> devices(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(this::device).toList();
    }

    /** Devices that run the old release because they were asked to. */
    private void fleetOf(int count) {
        for (String device : devices(count)) {
            fleet.device(device, "board-a");
            fleet.runs(device, slot, old, model, "1.0.0", "old " + model);
        }
    }

    private String body(int devices, String waves) {
        return body(devices, waves, "");
    }

    private String body(int devices, String waves, String more) {
        String ids = String.join(
                ",", devices(devices).stream().map(id -> "\"" + id + "\"").toList());
        return """
               {"releaseId":"%s","slot":"%s","filter":{"devices":[%s]},"waves":%s,
                "probation":{"runningSeconds":1,"minInferences":1,"deadlineSeconds":60}%s}
               """.formatted(release, slot, ids, waves, more);
    }

    private static final String ONE_WAVE = "[{\"percent\":100,\"maxInFlight\":10,\"soakSeconds\":0}]";
    private static final String CANARY_THEN_REST =
            "[{\"count\":1,\"maxInFlight\":1,\"soakSeconds\":0},{\"percent\":100,\"maxInFlight\":10,\"soakSeconds\":0}]";

    private static RequestSpecification json() {
        return given().header("X-TinyFleet", "console").contentType("application/json");
    }

    private static ValidatableResponse post(String path, String body) {
        return json().body(body).post("/api/v1/rollouts" + path).then();
    }

    private JsonPath planned(String body) {
        return post("", body).statusCode(201).extract().jsonPath();
    }

    private static JsonPath rollout(String id) {
        return given().get("/api/v1/rollouts/" + id)
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
    }

    private static ValidatableResponse verb(String id, String verb) {
        long version = rollout(id).getLong("version");
        return post("/" + id + "/" + verb, "{\"version\":" + version + "}");
    }

    private String started(String body) {
        String id = planned(body).getString("id");
        verb(id, "start").statusCode(200).body("state", equalTo("RUNNING"));
        tick.run();
        return id;
    }

    private static List<String> devicesIn(String id, String state) {
        return given().get("/api/v1/rollouts/" + id + "/devices?state=" + state)
                .then()
                .statusCode(200)
                .extract()
                .jsonPath()
                .getList("items.deviceId");
    }

    private Object desired(String device, String column) {
        return fleet.value("select " + column + " from desired_slot where device_id = ? and slot = ?", device, slot);
    }

    // ---- who may

    @Test
    @TestSecurity(
            user = "vera",
            roles = {"viewer"})
    void a_viewer_may_look_and_may_not_act() {
        post("", body(1, ONE_WAVE)).statusCode(403);
        post("/" + UUID.randomUUID() + "/start", "{\"version\":0}").statusCode(403);
        given().get("/api/v1/rollouts").then().statusCode(200);
    }

    @Test
    @TestSecurity(
            user = "",
            roles = {},
            authorizationEnabled = true)
    void a_stranger_may_nothing() {
        int status = given().get("/api/v1/rollouts").then().extract().statusCode();
        assertThat(status).isIn(401, 403);
    }

    // ---- refusals of plans

    @Test
    void a_wave_plan_over_100_percent_is_refused_with_the_field_and_the_rule() {
        fleetOf(2);
        post("", body(2, """
                [{"percent":20,"maxInFlight":1,"soakSeconds":0},{"percent":90,"maxInFlight":1,"soakSeconds":0}]"""))
                .statusCode(400)
                .contentType("application/problem+json")
                .body("violations.field", hasItem("waves"))
                .body("violations.rule", hasItem(containsString("more than 100 percent")))
                .body("violations.value", hasItem("110 percent"));
    }

    @Test
    void an_unknown_field_is_refused() {
        post("", body(1, ONE_WAVE, ",\"colour\":\"blue\"")).statusCode(400).body("violations.field", hasItem("colour"));
    }

    @Test
    void an_unknown_field_deep_in_a_wave_is_refused() {
        post("", body(1, "[{\"percent\":100,\"maxInFlight\":1,\"soakSeconds\":0,\"holdMinutes\":3}]"))
                .statusCode(400)
                .body("violations.field", hasItem(containsString("holdMinutes")));
    }

    @Test
    void all_broken_rules_are_told_together() {
        post("", """
                {"slot":"NOT A SLOT","waves":[{"maxInFlight":0,"soakSeconds":-1},{"percent":5,"count":5,"maxInFlight":1}],
                 "gates":{"install":{"p0":0.2,"p1":0.1}}}""")
                .statusCode(400)
                .body(
                        "violations.field",
                        hasItems(
                                "releaseId",
                                "slot",
                                "waves[0]",
                                "waves[0].maxInFlight",
                                "waves[0].soakSeconds",
                                "waves[1]",
                                "waves[1].soakSeconds",
                                "probation",
                                "gates.install.p1"));
    }

    @Test
    void a_plan_without_waves_is_refused() {
        post("", body(1, "[]")).statusCode(400).body("violations.field", hasItem("waves"));
    }

    @Test
    void more_than_ten_at_once_in_the_first_wave_are_refused() {
        post("", body(1, "[{\"percent\":100,\"maxInFlight\":11,\"soakSeconds\":0}]"))
                .statusCode(400)
                .body("violations.field", hasItem("waves[0].maxInFlight"))
                .body("violations.rule", hasItem("must be 1..10"));
    }

    @Test
    void a_response_that_does_not_exist_is_refused() {
        post("", body(1, ONE_WAVE, ",\"onFail\":\"SHRUG\"")).statusCode(400);
    }

    @Test
    void a_filter_that_names_an_unknown_device_is_refused() {
        fleetOf(1);
        post("", body(2, ONE_WAVE))
                .statusCode(400)
                .body("violations.field", hasItem("filter.devices"))
                .body("violations.value", hasItem(device(2)));
    }

    @Test
    void a_filter_that_matches_nothing_is_refused() {
        post("", """
                {"releaseId":"%s","slot":"%s","filter":{"hardware":["no-such-board"]},"waves":%s,
                 "probation":{"runningSeconds":1,"minInferences":1,"deadlineSeconds":60}}""".formatted(release, slot, ONE_WAVE))
                .statusCode(400)
                .body("violations.field", hasItem("filter"))
                .body("violations.rule", hasItem("matches no device"));
    }

    @Test
    void an_unknown_release_is_refused() {
        fleetOf(1);
        post("", body(1, ONE_WAVE).replace(release.toString(), UUID.randomUUID().toString()))
                .statusCode(400)
                .body("violations.field", hasItem("releaseId"));
    }

    @Test
    void an_unknown_rollout_is_not_found() {
        given().get("/api/v1/rollouts/" + UUID.randomUUID()).then().statusCode(404);
        given().get("/api/v1/rollouts/not-an-id").then().statusCode(404);
        post("/" + UUID.randomUUID() + "/start", "{\"version\":0}").statusCode(404);
    }

    @Test
    void a_page_that_cannot_be_is_refused() {
        fleetOf(1);
        String id = planned(body(1, ONE_WAVE)).getString("id");
        given().get("/api/v1/rollouts?limit=0").then().statusCode(400);
        given().get("/api/v1/rollouts?state=SLEEPING").then().statusCode(400);
        given().get("/api/v1/rollouts/" + id + "/devices?cursor=x").then().statusCode(400);
        given().get("/api/v1/rollouts/" + id + "/devices?limit=501").then().statusCode(400);
    }

    // ---- preview

    @Test
    void the_preview_says_who_is_left_out_and_why() {
        fleetOf(6);
        fleet.device(device(7), "board-small", 100_000_000);
        fleet.quarantine(device(1));
        fleet.runs(device(2), slot, release, model, "2.0.0", "new " + model);

        JsonPath plan = post("?dryRun=true", body(7, CANARY_THEN_REST))
                .statusCode(201)
                .body("state", equalTo("DRAFT"))
                .extract()
                .jsonPath();

        assertThat(plan.getInt("preview.eligible")).isEqualTo(4);
        Map<String, String> excluded = plan.<Map<String, Object>>getList("preview.excluded").stream()
                .collect(java.util.stream.Collectors.toMap(
                        one -> (String) one.get("reason"), one -> (String) one.get("sentence")));
        assertThat(excluded).containsOnlyKeys("quarantined", "already-on-it", "no-variant-fits");
        assertThat(excluded.get("no-variant-fits")).contains("needs 40 MB RAM");
        assertThat(plan.getList("preview.waves.size")).containsExactly(1, 3);
        assertThat(plan.getDouble("preview.canaryRisk.stoppedShare")).isBetween(0.039, 0.040);
        assertThat(plan.getList("preview.operatingCurve")).hasSizeGreaterThan(5);
    }

    @Test
    void start_starts_exactly_what_the_dry_run_showed() {
        fleetOf(3);
        String id = post("?dryRun=true", body(3, CANARY_THEN_REST))
                .extract()
                .jsonPath()
                .getString("id");
        List<String> canary = given().get("/api/v1/rollouts/" + id + "/devices?wave=0")
                .then()
                .extract()
                .jsonPath()
                .getList("items.deviceId");

        verb(id, "start").statusCode(200).body("state", equalTo("RUNNING"));
        tick.run();

        assertThat(devicesIn(id, "OFFERED")).isEqualTo(canary).hasSize(1);
    }

    @Test
    void a_dry_run_is_not_listed_until_it_is_started() {
        fleetOf(1);
        String id = post("?dryRun=true", body(1, ONE_WAVE)).extract().jsonPath().getString("id");

        given().get("/api/v1/rollouts?limit=200").then().body("items.id", org.hamcrest.Matchers.not(hasItem(id)));
        given().get("/api/v1/rollouts?state=DRAFT&limit=200").then().body("items.id", hasItem(id));
    }

    @Test
    void devices_of_a_running_rollout_are_excluded_from_another_for_the_same_slot() {
        fleetOf(2);
        started(body(1, ONE_WAVE, ",\"name\":\"first\""));

        JsonPath second = planned(body(2, ONE_WAVE));

        assertThat(second.getInt("preview.eligible")).isEqualTo(1);
        assertThat(second.getString("preview.excluded[0].reason")).isEqualTo("in-another-rollout");
        assertThat(second.getString("preview.excluded[0].sentence")).contains("\"first\"");
    }

    @Test
    void of_two_plans_for_the_same_devices_only_the_first_start_gets_them() {
        fleetOf(1);
        String one = planned(body(1, ONE_WAVE)).getString("id");
        String two = planned(body(1, ONE_WAVE)).getString("id");
        verb(one, "start").statusCode(200);

        verb(two, "start").statusCode(409).body("detail", containsString("another rollout"));
    }

    // ---- the way through

    @Test
    void a_rollout_goes_wave_by_wave_and_completes() {
        fleetOf(3);
        String id = started(body(3, CANARY_THEN_REST));
        String canary = devicesIn(id, "OFFERED").get(0);
        assertThat(desired(canary, "reason")).isEqualTo("OFFER");
        assertThat(desired(canary, "release_id")).isEqualTo(release);

        fleet.healthy(canary, slot);
        tick.run();
        tick.run();
        assertThat(rollout(id).getString("waves[0].state")).isEqualTo("PASSED");
        List<String> rest = devicesIn(id, "OFFERED");
        assertThat(rest).hasSize(2).doesNotContain(canary);
        rest.forEach(device -> fleet.healthy(device, slot));
        tick.run();
        tick.run();

        JsonPath done = rollout(id);
        assertThat(done.getString("state")).isEqualTo("COMPLETED");
        assertThat(done.getInt("counts.healthy")).isEqualTo(3);
        assertThat(done.getString("endedAt")).isNotNull();
        assertThat(done.getString("waves[1].gates.find { it.gate == 'canary' }.verdict"))
                .isEqualTo("PASS");
        assertThat(done.getList("waves[1].gates.find { it.gate == 'install' }.history"))
                .hasSize(3);
        given().get("/api/v1/rollouts/" + id + "/events")
                .then()
                .body("items.kind", hasItems("planned", "start", "wave-opened", "wave-passed", "completed"))
                .body("items.find { it.kind == 'start' }.actor", equalTo("olga"))
                .body("items.find { it.kind == 'completed' }.actor", equalTo("engine"));
    }

    @Test
    void a_failed_canary_stops_the_rollout_by_itself_and_gives_the_slot_its_old_content() {
        fleetOf(2);
        String id = started(body(2, CANARY_THEN_REST));
        String canary = devicesIn(id, "OFFERED").get(0);
        String other = canary.equals(device(1)) ? device(2) : device(1);

        fleet.says(canary, slot, Phase.FAILED, "self-test-failed", "got 0.01, expected 0.9");
        tick.run();

        JsonPath stopped = rollout(id);
        assertThat(stopped.getString("state")).isEqualTo("ROLLED_BACK");
        assertThat(stopped.getString("stateReason.sentence"))
                .isEqualTo("Canary stopped the rollout: " + canary + " failed its self-test (got 0.01, expected 0.9)");
        assertThat(desired(canary, "release_id")).isEqualTo(old);
        assertThat(desired(canary, "reason")).isEqualTo("WITHDRAWN");
        assertThatThrownBy(() -> desired(other, "release_id")).hasMessageContaining("no row");
        assertThat(devicesIn(id, "CANCELLED")).containsExactly(other);
        assertThat(directory.listAlarms()).anySatisfy(alarm -> {
            assertThat(alarm.rolloutId()).isEqualTo(id);
            assertThat(alarm.severity()).isEqualTo(RolloutAlarm.Severity.FAILING);
        });
    }

    @Test
    void a_failed_device_is_in_the_penalty_box_of_the_next_rollout_of_the_same_release() {
        fleetOf(2);
        String id = started(body(2, CANARY_THEN_REST));
        String canary = devicesIn(id, "OFFERED").get(0);
        fleet.says(canary, slot, Phase.FAILED, "self-test-failed", "");
        tick.run();

        JsonPath again = planned(body(2, CANARY_THEN_REST));

        assertThat(again.getInt("preview.eligible")).isEqualTo(1);
        assertThat(again.getString("preview.excluded[0].reason")).isEqualTo("penalty-box");
        assertThat(again.getList("preview.excluded[0].devices")).isEqualTo(List.of(canary));
    }

    @Test
    void another_release_of_the_same_file_lifts_the_penalty_box() {
        fleetOf(1);
        String id = started(body(1, ONE_WAVE));
        fleet.says(device(1), slot, Phase.FAILED, "self-test-failed", "");
        tick.run();
        assertThat(rollout(id).getString("state")).isEqualTo("ROLLED_BACK");
        release = fleet.release(model, "2.0.1", "new " + model);

        started(body(1, ONE_WAVE));

        assertThat(desired(device(1), "release_id")).isEqualTo(release);
        assertThat(desired(device(1), "retry")).isEqualTo(true);
    }

    @Test
    void a_rollback_by_a_person_points_every_exposed_device_back_offline_ones_too() {
        fleetOf(2);
        String id = started(body(2, ONE_WAVE));
        devices(2).forEach(device -> fleet.runs(device, slot, release, model, "2.0.0", "new " + model));
        fleet.healthy(device(1), slot);
        fleet.says(device(2), slot, Phase.PROBATION, "", "");
        tick.run();
        fleet.presence(device(2), "OFFLINE");

        verb(id, "rollback").statusCode(200).body("state", equalTo("ROLLING_BACK"));

        for (String device : devices(2)) {
            assertThat(desired(device, "release_id")).isEqualTo(old);
            assertThat(desired(device, "reason")).isEqualTo("ROLLBACK");
        }
        fleet.runs(device(1), slot, old, model, "1.0.0", "old " + model);
        tick.run();
        assertThat(rollout(id).getString("state")).isEqualTo("ROLLED_BACK");
        assertThat(devicesIn(id, "ROLLED_BACK")).containsExactlyInAnyOrder(device(1), device(2));
    }

    @Test
    void a_device_without_a_model_goes_back_to_an_empty_slot() {
        fleet.device(device(1), "board-a");
        String id = started(body(1, ONE_WAVE));

        fleet.says(device(1), slot, Phase.FAILED, "load-failed", "");
        tick.run();

        assertThat(rollout(id).getString("state")).isEqualTo("ROLLED_BACK");
        assertThat(desired(device(1), "empty")).isEqualTo(true);
    }

    @Test
    void devices_not_heard_since_the_server_started_are_not_offered() {
        fleetOf(2);
        fleet.presence(device(1), "UNKNOWN");

        String id = started(body(2, ONE_WAVE));

        assertThat(devicesIn(id, "OFFERED")).containsExactly(device(2));
        assertThat(devicesIn(id, "PENDING")).containsExactly(device(1));
    }

    @Test
    void an_abort_keeps_what_is_done_and_stops_the_rest() {
        fleetOf(3);
        String id = started(body(3, ONE_WAVE.replace("\"maxInFlight\":10", "\"maxInFlight\":2")));
        String done = devicesIn(id, "OFFERED").get(0);
        fleet.healthy(done, slot);
        tick.run();

        verb(id, "abort").statusCode(200).body("state", equalTo("ABORTED"));

        assertThat(devicesIn(id, "HEALTHY")).containsExactly(done);
        assertThat(devicesIn(id, "CANCELLED")).hasSize(2);
        assertThat(desired(done, "release_id")).isEqualTo(release);
    }

    @Test
    void an_early_end_of_the_soak_still_asks_the_gates() {
        fleetOf(1);
        String id = started(body(1, ONE_WAVE.replace("\"soakSeconds\":0", "\"soakSeconds\":3600")));
        verb(id, "advance").statusCode(409).body("detail", containsString("No wave soaks now"));
        fleet.healthy(device(1), slot);
        tick.run();
        assertThat(rollout(id).getString("waves[0].state")).isEqualTo("SOAKING");

        verb(id, "advance").statusCode(200).body("state", equalTo("COMPLETED"));
    }

    @Test
    void a_failed_device_is_tried_again_only_when_a_person_says_so() {
        fleetOf(2);
        String id = started(body(2, CANARY_THEN_REST, ",\"onFail\":\"PAUSE\""));
        String canary = devicesIn(id, "OFFERED").get(0);
        fleet.says(canary, slot, Phase.FAILED, "self-test-failed", "");
        tick.run();
        assertThat(rollout(id).getString("state")).isEqualTo("PAUSED");
        assertThat(rollout(id).getString("stateReason.code")).isEqualTo("gate-failed");

        verb(id, "retry-failed").statusCode(200);
        verb(id, "resume").statusCode(200).body("state", equalTo("RUNNING"));
        tick.run();

        assertThat(devicesIn(id, "OFFERED")).containsExactly(canary);
        assertThat(desired(canary, "retry")).isEqualTo(true);
        assertThat(fleet.value("select count(*) from rollout_override where rollout_id = ?", UUID.fromString(id)))
                .isEqualTo(1L);
    }

    // ---- verbs

    @Test
    void a_verb_on_an_outdated_view_is_refused() {
        fleetOf(1);
        String id = planned(body(1, ONE_WAVE)).getString("id");

        post("/" + id + "/start", "{\"version\":99}").statusCode(409).body("code", equalTo("stale-version"));
        post("/" + id + "/start", "{}").statusCode(400).body("violations.field", hasItem("version"));
        post("/" + id + "/start", "{\"version\":0,\"force\":true}").statusCode(400);
    }

    @Test
    void a_verb_that_cannot_work_now_is_refused_with_the_sentence_of_the_disabled_button() {
        fleetOf(1);
        String id = planned(body(1, ONE_WAVE)).getString("id");
        JsonPath view = rollout(id);

        for (String verb : List.of("pause", "resume", "advance", "rollback", "retry-failed")) {
            assertThat(view.getBoolean("verbs.'" + verb + "'.allowed")).isFalse();
            verb(id, verb)
                    .statusCode(409)
                    .body("code", equalTo("not-possible-now"))
                    .body("detail", equalTo(view.getString("verbs.'" + verb + "'.why")));
        }
        assertThat(view.getBoolean("verbs.start.allowed")).isTrue();
    }

    @Test
    void a_start_without_an_eligible_device_is_refused() {
        fleetOf(1);
        fleet.quarantine(device(1));
        String id = planned(body(1, ONE_WAVE)).getString("id");

        verb(id, "start").statusCode(409).body("detail", containsString("No device is eligible"));
    }

    @Test
    void a_finished_rollout_takes_no_verb() {
        fleetOf(1);
        String id = planned(body(1, ONE_WAVE)).getString("id");
        verb(id, "abort").statusCode(200);

        for (String verb : List.of("start", "pause", "resume", "rollback", "abort", "advance", "retry-failed")) {
            verb(id, verb).statusCode(409).body("detail", containsString("aborted"));
        }
    }

    @Test
    void a_repeated_request_is_answered_and_not_repeated() {
        fleetOf(1);
        String id = planned(body(1, ONE_WAVE)).getString("id");
        long version = rollout(id).getLong("version");
        String body = "{\"version\":" + version + "}";

        json().header("Idempotency-Key", "k1")
                .body(body)
                .post("/api/v1/rollouts/" + id + "/start")
                .then()
                .statusCode(200);
        json().header("Idempotency-Key", "k1")
                .body(body)
                .post("/api/v1/rollouts/" + id + "/start")
                .then()
                .statusCode(200)
                .body("state", equalTo("RUNNING"));

        json().header("Idempotency-Key", "k1")
                .body(body)
                .post("/api/v1/rollouts/" + id + "/pause")
                .then()
                .statusCode(409)
                .body("code", equalTo("idempotency-key-reused"));
        assertThat(fleet.value(
                        "select count(*) from rollout_event where rollout_id = ? and kind = 'start'",
                        UUID.fromString(id)))
                .isEqualTo(1L);
    }

    @Test
    void an_unknown_verb_is_not_found() {
        fleetOf(1);
        String id = planned(body(1, ONE_WAVE)).getString("id");
        int status = post("/" + id + "/explode", "{\"version\":0}").extract().statusCode();
        assertThat(status).isEqualTo(404);
    }

    // ---- fail closed, and go on

    @Test
    void evidence_that_cannot_be_read_pauses_that_rollout_and_no_other() {
        fleetOf(2);
        String broken = started(body(1, ONE_WAVE));
        assertThat(fleet.run(
                        "update rollout_verdict set evidence = '{\"kind\":\"dream\"}' where rollout_id = ?",
                        UUID.fromString(broken)))
                .isPositive();
        String sound = planned(body(2, ONE_WAVE)).getString("id");
        verb(sound, "start").statusCode(200);
        fleet.healthy(device(2), slot);

        tick.run();

        assertThat(fleet.value("select state from rollout where id = ?", UUID.fromString(broken)))
                .isEqualTo("PAUSED");
        assertThat(fleet.value("select reason_code from rollout where id = ?", UUID.fromString(broken)))
                .isEqualTo("evidence-unreadable");
        assertThat(devicesIn(sound, "HEALTHY")).containsExactly(device(2));
    }

    @Test
    void a_new_server_goes_on_from_the_database() {
        fleetOf(2);
        String id = started(body(2, CANARY_THEN_REST));
        String canary = devicesIn(id, "OFFERED").get(0);
        Object attempt = desired(canary, "attempt_id");
        // What a start of the server does to presence.
        devices(2).forEach(device -> fleet.presence(device, "UNKNOWN"));
        tick.run();
        assertThat(desired(canary, "attempt_id")).isEqualTo(attempt);

        devices(2).forEach(device -> fleet.presence(device, "ONLINE"));
        fleet.healthy(canary, slot);
        tick.run();
        tick.run();

        assertThat(devicesIn(id, "HEALTHY")).containsExactly(canary);
        assertThat(devicesIn(id, "OFFERED")).hasSize(1);
    }

    @Test
    void history_is_append_only() {
        fleetOf(1);
        String id = planned(body(1, ONE_WAVE)).getString("id");

        assertThatThrownBy(() -> fleet.run("delete from rollout_event where rollout_id = ?", UUID.fromString(id)))
                .hasMessageContaining("append-only");
        assertThatThrownBy(() -> fleet.run(
                        "update rollout_event set actor = 'nobody' where rollout_id = ?", UUID.fromString(id)))
                .hasMessageContaining("append-only");
    }

    @Test
    void devices_are_listed_page_by_page_and_the_total_is_the_whole() {
        fleetOf(5);
        String id = planned(body(5, ONE_WAVE)).getString("id");

        JsonPath first = given().get("/api/v1/rollouts/" + id + "/devices?limit=3")
                .then()
                .extract()
                .jsonPath();
        JsonPath second = given().get(
                        "/api/v1/rollouts/" + id + "/devices?limit=3&cursor=" + first.getString("nextCursor"))
                .then()
                .extract()
                .jsonPath();

        assertThat(first.getInt("total")).isEqualTo(5);
        assertThat(first.getList("items")).hasSize(3);
        assertThat(second.getList("items")).hasSize(2);
        assertThat(second.getString("nextCursor")).isNull();
    }

    @Test
    void moving_rollouts_are_told_to_the_overview() {
        fleetOf(2);
        String id = started(body(2, CANARY_THEN_REST));

        assertThat(directory.listMoving()).anySatisfy(summary -> {
            assertThat(summary.id()).isEqualTo(id);
            assertThat(summary.counts().inFlight()).isEqualTo(1);
            assertThat(summary.waves()).hasSize(2);
        });
    }
}
