package io.tinyfleet.registry.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tinyfleet.registry.delta.EncodingPlanner.Delta;
import io.tinyfleet.registry.delta.EncodingPlanner.Plan;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class EncodingPlannerTest {
    @Test
    void the_smallest_delta_is_offered() {
        Plan plan = EncodingPlanner.plan(
                1000, OptionalLong.of(900), List.of(new Delta("straight", 500), new Delta("by tensors", 200)));
        assertThat(plan).isEqualTo(new Plan(true, Optional.of(new Delta("by tensors", 200))));
    }

    @Test
    void a_delta_over_seventy_percent_of_the_full_download_is_not() {
        assertThat(EncodingPlanner.plan(1000, OptionalLong.empty(), List.of(new Delta("a", 700)))
                        .delta())
                .isPresent();
        assertThat(EncodingPlanner.plan(1000, OptionalLong.empty(), List.of(new Delta("a", 701)))
                        .delta())
                .isEmpty();
    }

    @Test
    void the_full_download_is_the_compressed_one_when_that_is_offered() {
        Plan plan = EncodingPlanner.plan(1000, OptionalLong.of(500), List.of(new Delta("a", 360)));
        assertThat(plan).isEqualTo(new Plan(true, Optional.empty()));
    }

    @Test
    void a_compressed_file_that_saves_less_than_five_percent_is_not_worth_the_work() {
        assertThat(EncodingPlanner.plan(1000, OptionalLong.of(950), List.of()).compressed())
                .isTrue();
        assertThat(EncodingPlanner.plan(1000, OptionalLong.of(951), List.of()).compressed())
                .isFalse();
        assertThat(EncodingPlanner.plan(1000, OptionalLong.empty(), List.of()).compressed())
                .isFalse();
    }

    @Test
    void a_delta_without_bytes_is_refused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Delta("a", 0));
    }
}
