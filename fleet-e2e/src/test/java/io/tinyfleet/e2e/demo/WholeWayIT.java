package io.tinyfleet.e2e.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tinyfleet.e2e.process.LoggedProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way once, then the console in a real browser on what it left behind. */
class WholeWayIT {

    private static final Duration BROWSER_LIMIT = Duration.ofMinutes(8);

    @TempDir
    Path home;

    @Test
    void a_real_model_reaches_every_device_a_bad_one_none_and_the_console_shows_it() throws IOException {
        try (Stage stage = new Stage(home, Stage.freePorts())) {
            stage.startServer();
            for (DemoDevice device : DemoDevice.ALL) {
                stage.startAgent(device);
            }
            DemoFleet fleet = stage.fleet();
            Map<DemoRelease, DemoFleet.Outcome> outcomes = new EnumMap<>(DemoRelease.class);
            for (DemoRelease release : DemoRelease.ALL) {
                outcomes.put(release, fleet.awaitEnd(fleet.startRollout(release, fleet.publish(release))));
            }

            CheckResult result = CheckResult.read(fleet, outcomes, 3, Duration.ofSeconds(90));

            assertThat(result.problems(0.6, 0.05)).isEmpty();
            the_refusal_names_the_self_test(fleet, outcomes);
            fleet.planRollout(DemoRelease.V5.version(), fleet.publish(DemoRelease.V5));
            theConsolePasses(stage);
        }
    }

    private static void the_refusal_names_the_self_test(DemoFleet fleet, Map<DemoRelease, DemoFleet.Outcome> outcomes) {
        DemoFleet.Outcome bad = Objects.requireNonNull(outcomes.get(DemoRelease.BAD), "the bad release's outcome");
        JsonNode failed = fleet.api()
                .get("/api/v1/rollouts/" + bad.rolloutId() + "/devices?state=FAILED")
                .path("items")
                .path(0);
        assertThat(failed.path("detail").asText()).contains("output");
    }

    private static void theConsolePasses(Stage stage) throws IOException {
        Path webUi = stage.installation().root().resolve("web-ui");
        Path log = stage.installation().root().resolve("fleet-e2e/target/console-browser.log");
        try (LoggedProcess browser = LoggedProcess.start(
                "console-browser-tests",
                List.of("npm", "--prefix", webUi.toString(), "run", "test:browser"),
                Map.of(
                        "BASE_URL", stage.server().http().toString(),
                        "CONSOLE_USER", "admin",
                        "CONSOLE_PASSWORD", stage.password()),
                log)) {
            int exit = browser.awaitExit(BROWSER_LIMIT);
            System.out.println(browser.lastLines());
            assertThat(exit)
                    .as("console tests, see %s:%n%s", log, browser.lastLines())
                    .isZero();
        }
    }
}
