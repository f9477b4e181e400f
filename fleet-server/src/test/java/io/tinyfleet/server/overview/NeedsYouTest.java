package io.tinyfleet.server.overview;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.server.device.DeviceState;
import io.tinyfleet.server.device.FleetCounts.Trouble;
import io.tinyfleet.server.overview.OverviewBody.Need;
import io.tinyfleet.server.overview.OverviewBody.Severity;
import io.tinyfleet.server.rollout.RolloutAlarm;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NeedsYouTest {
    private static Trouble trouble(String id, DeviceState state, String reason) {
        return new Trouble(id, state, reason);
    }

    @Test
    void nothing_wrong_needs_nobody() {
        assertThat(NeedsYou.of(List.of(), List.of())).isEmpty();
    }

    @Test
    void the_worst_comes_first_and_a_rollout_before_devices_of_the_same_severity() {
        List<Need> needs = NeedsYou.of(
                List.of(
                        new RolloutAlarm("r1", RolloutAlarm.Severity.INFO, "taken back", "by itself"),
                        new RolloutAlarm("r2", RolloutAlarm.Severity.FAILING, "stopped", "at the canary gate")),
                List.of(
                        trouble("dev-1", DeviceState.DEGRADED, "slow"),
                        trouble("dev-2", DeviceState.FAILING, "out of memory")));
        assertThat(needs)
                .extracting(Need::title)
                .containsExactly("stopped", "dev-2 is failing", "dev-1 is degraded", "taken back");
        assertThat(needs.get(0).link().path()).isEqualTo("/rollouts/r2");
        assertThat(needs.get(1).link().path()).isEqualTo("/devices/dev-2");
    }

    @Test
    void devices_with_a_common_cause_are_one_entry_that_counts_them() {
        List<Trouble> troubles = IntStream.range(0, 12)
                .mapToObj(n -> trouble("dev-" + n, DeviceState.FAILING, n < 10 ? "out of memory" : "no input"))
                .toList();
        List<Need> needs = NeedsYou.of(List.of(), troubles);
        assertThat(needs).extracting(Need::title).containsExactly("10 devices are failing", "2 devices are failing");
        assertThat(needs.get(0).sentence()).isEqualTo("out of memory");
        assertThat(needs.get(0).severity()).isEqualTo(Severity.FAILING);
    }

    @Test
    void the_list_is_bounded() {
        List<Trouble> troubles = IntStream.range(0, 100)
                .mapToObj(n -> trouble("dev-" + n, DeviceState.FAILING, "reason " + n))
                .toList();
        assertThat(NeedsYou.of(List.of(), troubles)).hasSize(NeedsYou.MAX_ENTRIES);
    }
}
