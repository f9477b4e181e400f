package io.tinyfleet.e2e.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tinyfleet.e2e.process.Await;
import io.tinyfleet.e2e.process.FleetApi;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the server has stored after the three rollouts.
 *
 * @param onRelease devices whose active artifact is the newest good release
 * @param fewestWindows stored telemetry windows of the device that has the fewest
 * @param windows stored telemetry windows of all devices
 * @param speechShare share of frames scored over 0.5 on the speech input, 0..1
 * @param silenceShare the same on the silent input
 * @param badReleaseRefused whether the release with the altered self-test was refused on its first device, stopped by
 *     the canary gate, offered to nobody else, and the old model ran everywhere
 */
record CheckResult(
        int devices,
        String release,
        int onRelease,
        long fewestWindows,
        long windows,
        double speechShare,
        double silenceShare,
        boolean badReleaseRefused,
        String badReleaseStory) {

    static CheckResult read(
            DemoFleet fleet, Map<DemoRelease, DemoFleet.Outcome> outcomes, int windowsADevice, Duration windowsLimit) {
        FleetApi api = fleet.api();
        Await.until(
                windowsADevice + " telemetry windows a device to be stored",
                windowsLimit,
                () -> fewestWindows(api) >= windowsADevice,
                () -> "the fewest are " + fewestWindows(api));
        int devices = api.get("/api/v1/devices?limit=100").path("total").asInt();
        BadRelease bad = BadRelease.read(fleet, outcomes);
        return new CheckResult(
                devices,
                DemoRelease.MODEL + " " + DemoRelease.V6.version(),
                fleet.devicesOn(DemoRelease.V6.version()),
                fewestWindows(api),
                api.get("/api/v1/telemetry/windows?limit=1").path("total").asLong(),
                share(api, DemoDevice.SPEECH),
                share(api, DemoDevice.SILENCE),
                bad.refused(),
                bad.story());
    }

    private record BadRelease(boolean refused, String story) {

        static BadRelease read(DemoFleet fleet, Map<DemoRelease, DemoFleet.Outcome> outcomes) {
            DemoFleet.Outcome outcome = outcomes.get(DemoRelease.BAD);
            if (outcome == null) {
                return new BadRelease(false, "the bad release was never rolled out");
            }
            JsonNode failed =
                    fleet.api().get("/api/v1/rollouts/" + outcome.rolloutId() + "/devices?state=FAILED&limit=100");
            JsonNode first = failed.path("items").path(0);
            String gate = failedGate(outcome.rollout());
            boolean refused = outcome.state().equals("ROLLED_BACK")
                    && failed.path("total").asInt() == 1
                    && first.path("reason").asText().equals("self-test-failed")
                    && gate.equals("canary")
                    && fleet.devicesOn(DemoRelease.BAD.version()) == 0;
            return new BadRelease(
                    refused,
                    "rollout " + outcome.state() + ", gate that failed: '" + gate + "', devices that failed: "
                            + failed.path("total").asInt() + ", reason: '"
                            + first.path("reason").asText() + "', devices on it: "
                            + fleet.devicesOn(DemoRelease.BAD.version()));
        }

        private static String failedGate(JsonNode rollout) {
            for (JsonNode wave : rollout.path("waves")) {
                for (JsonNode gate : wave.path("gates")) {
                    if (gate.path("verdict").asText().equals("FAIL")) {
                        return gate.path("gate").asText();
                    }
                }
            }
            return "";
        }
    }

    private static long fewestWindows(FleetApi api) {
        long fewest = Long.MAX_VALUE;
        for (DemoDevice device : DemoDevice.ALL) {
            long stored = api.get("/api/v1/telemetry/windows?limit=1&device=" + device.id())
                    .path("total")
                    .asLong();
            fewest = Math.min(fewest, stored);
        }
        return fewest;
    }

    private static double share(FleetApi api, DemoDevice device) {
        for (JsonNode item : api.get("/api/v1/telemetry/shares").path("items")) {
            if (item.path("source").asText().equals(device.source())) {
                return item.path("share").asDouble(Double.NaN);
            }
        }
        return Double.NaN;
    }

    /** What does not hold, in sentences; empty when all does. */
    List<String> problems(double speechOver, double silenceUnder) {
        List<String> problems = new ArrayList<>();
        int expected = DemoDevice.ALL.size();
        if (devices != expected) {
            problems.add("devices is " + devices + ", expected " + expected);
        }
        if (onRelease != expected) {
            problems.add("onRelease is " + onRelease + ", expected " + expected + " devices on " + release);
        }
        if (fewestWindows < 3) {
            problems.add("a device has " + fewestWindows + " stored windows, expected at least 3");
        }
        if (!(speechShare > speechOver)) {
            problems.add("speechShare is " + speechShare + ", expected over " + speechOver);
        }
        if (!(silenceShare < silenceUnder)) {
            problems.add("silenceShare is " + silenceShare + ", expected under " + silenceUnder);
        }
        if (!badReleaseRefused) {
            problems.add("the bad release was not refused as it must be: " + badReleaseStory);
        }
        return problems;
    }

    String toJson(long seconds) {
        ObjectNode json = FleetApi.object();
        json.put("devices", devices);
        json.put("release", release);
        json.put("onRelease", onRelease);
        json.put("windows", windows);
        json.put("speechShare", rounded(speechShare));
        json.put("silenceShare", rounded(silenceShare));
        json.put("badReleaseRefused", badReleaseRefused);
        json.put("seconds", seconds);
        return json.toString();
    }

    private static double rounded(double share) {
        return Double.isNaN(share) ? share : Double.parseDouble(String.format(Locale.ROOT, "%.4f", share));
    }
}
