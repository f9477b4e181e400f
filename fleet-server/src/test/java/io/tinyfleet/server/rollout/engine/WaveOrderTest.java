package io.tinyfleet.server.rollout.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.server.rollout.engine.WaveOrder.Candidate;
import io.tinyfleet.server.rollout.engine.WaveOrder.Size;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class WaveOrderTest {
    private static final UUID ROLLOUT = new UUID(1, 2);

    private static List<Candidate> fleet(int a, int b) {
        List<Candidate> fleet = new ArrayList<>();
        for (int k = 0; k < a + b; k++) {
            fleet.add(new Candidate(new DeviceId("d" + k), k < a ? "board-a" : "board-b"));
        }
        return fleet;
    }

    @Test
    void every_stretch_holds_its_share_of_every_class() {
        List<DeviceId> order = WaveOrder.order(ROLLOUT, fleet(90, 10));

        for (int length : List.of(10, 20, 50, 80)) {
            long rare = order.subList(0, length).stream()
                    .filter(device -> Integer.parseInt(device.value().substring(1)) >= 90)
                    .count();
            assertThat(rare).isBetween(length / 10L - 1, length / 10L + 1);
        }
    }

    @Test
    void the_order_depends_on_the_rollout_and_not_on_how_the_fleet_is_listed() {
        List<Candidate> fleet = fleet(30, 7);
        List<DeviceId> order = WaveOrder.order(ROLLOUT, fleet);
        Collections.shuffle(fleet, new Random(3));

        assertThat(WaveOrder.order(ROLLOUT, fleet)).isEqualTo(order);
        assertThat(WaveOrder.order(new UUID(1, 3), fleet)).isNotEqualTo(order);
    }

    @Test
    void percentages_that_sum_to_100_leave_nobody_behind() {
        for (int eligible = 1; eligible < 200; eligible++) {
            List<Integer> sizes = WaveOrder.sizes(
                    eligible, List.of(new Size.Share(1), new Size.Share(9), new Size.Share(33), new Size.Share(57)));
            assertThat(sizes.stream().mapToInt(Integer::intValue).sum()).isEqualTo(eligible);
        }
    }

    @Test
    void a_percentage_is_of_all_eligible_devices_and_never_takes_more_than_is_left() {
        assertThat(WaveOrder.sizes(3, List.of(new Size.Devices(1), new Size.Share(100))))
                .containsExactly(1, 2);
        assertThat(WaveOrder.sizes(100, List.of(new Size.Devices(5), new Size.Share(10), new Size.Share(90))))
                .containsExactly(5, 10, 85);
        assertThat(WaveOrder.sizes(4, List.of(new Size.Devices(10), new Size.Share(50))))
                .containsExactly(4, 0);
    }

    @Test
    void shares_and_counts_out_of_range_are_refused() {
        assertThatThrownBy(() -> new Size.Share(0)).hasMessageContaining("1..100");
        assertThatThrownBy(() -> new Size.Share(101)).hasMessageContaining("1..100");
        assertThatThrownBy(() -> new Size.Devices(0)).hasMessageContaining("at least 1");
    }
}
