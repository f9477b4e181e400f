package io.tinyfleet.server.overview;

import io.tinyfleet.server.device.DeviceState;
import io.tinyfleet.server.device.FleetCounts.Trouble;
import io.tinyfleet.server.overview.OverviewBody.Link;
import io.tinyfleet.server.overview.OverviewBody.Need;
import io.tinyfleet.server.overview.OverviewBody.Severity;
import io.tinyfleet.server.rollout.RolloutAlarm;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What wants a person, worst first; devices of one state and reason are one entry, not a page of them. */
final class NeedsYou {
    static final int MAX_ENTRIES = 20;

    private NeedsYou() {}

    static List<Need> of(List<RolloutAlarm> alarms, List<Trouble> troubles) {
        Stream<Need> rollouts = alarms.stream().map(NeedsYou::rollout);
        Stream<Need> devices = troubles.stream()
                .collect(Collectors.groupingBy(trouble -> new Cause(trouble.state(), trouble.reason())))
                .entrySet()
                .stream()
                .sorted(Comparator.<Map.Entry<Cause, List<Trouble>>>comparingInt(
                                cause -> -cause.getValue().size())
                        .thenComparing(cause -> cause.getKey().reason()))
                .map(cause -> devices(cause.getKey(), cause.getValue()));
        return Stream.concat(rollouts, devices)
                .sorted(Comparator.comparing(Need::severity)) // Stable: rollouts before devices.
                .limit(MAX_ENTRIES)
                .toList();
    }

    private record Cause(DeviceState state, String reason) {}

    private static Need rollout(RolloutAlarm alarm) {
        Severity severity = switch (alarm.severity()) {
            case FAILING -> Severity.FAILING;
            case DEGRADED -> Severity.DEGRADED;
            case INFO -> Severity.INFO;
        };
        Link link = new Link("See the rollout", "/rollouts/" + alarm.rolloutId());
        return new Need(severity, alarm.title(), alarm.sentence(), link);
    }

    private static Need devices(Cause cause, List<Trouble> devices) {
        String state = cause.state().name().toLowerCase(Locale.ROOT);
        if (devices.size() == 1) {
            String id = devices.get(0).deviceId();
            return new Need(
                    severity(cause.state()),
                    id + " is " + state,
                    cause.reason(),
                    new Link("See the device", "/devices/" + id));
        }
        return new Need(
                severity(cause.state()),
                devices.size() + " devices are " + state,
                cause.reason(),
                new Link("See all " + state + " devices", "/devices?state=" + cause.state()));
    }

    private static Severity severity(DeviceState state) {
        return switch (state) {
            case FAILING -> Severity.FAILING;
            case DEGRADED -> Severity.DEGRADED;
            case QUARANTINED -> Severity.QUARANTINED;
            case HEALTHY, UPDATING, OFFLINE, UNKNOWN, RETIRED -> Severity.INFO;
        };
    }
}
