package io.tinyfleet.server.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.server.device.AttemptSnapshot;
import io.tinyfleet.server.rollout.engine.AttemptReport;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ObservationsTest {

    private static AttemptReport failed(String reason, long done, long total) {
        return Observations.report(new AttemptSnapshot(
                        new AttemptId(new UUID(1, 1)),
                        Fleet.digest("file"),
                        Phase.FAILED,
                        reason,
                        "",
                        done,
                        total,
                        0,
                        0,
                        AttemptSnapshot.Download.NONE,
                        Instant.EPOCH))
                .orElseThrow();
    }

    @Test
    void a_failed_self_test_is_held_against_the_artifact_whatever_the_counters_say() {
        assertThat(failed("self-test-failed", 0, 1000).verified()).isTrue();
        assertThat(failed("self-test-failed", 0, 0).verified()).isTrue();
    }

    @Test
    void refused_chunks_are_held_against_the_link_whatever_the_counters_say() {
        assertThat(failed("chunks-refused", 1000, 1000).verified()).isFalse();
    }

    @Test
    void an_unknown_failure_is_held_against_the_artifact() {
        assertThat(failed("new-kind-of-trouble", 1000, 1000).verified()).isTrue();
        assertThat(failed("new-kind-of-trouble", 0, 0).verified()).isTrue();
    }

    @Test
    void an_unknown_failure_of_an_incomplete_download_is_held_against_the_link() {
        assertThat(failed("new-kind-of-trouble", 999, 1000).verified()).isFalse();
    }

    @Test
    void a_phase_that_is_not_said_is_no_report() {
        AttemptSnapshot silent = new AttemptSnapshot(
                new AttemptId(new UUID(1, 1)),
                Fleet.digest("file"),
                Phase.PHASE_UNSPECIFIED,
                "",
                "",
                0,
                0,
                0,
                0,
                AttemptSnapshot.Download.NONE,
                Instant.EPOCH);

        assertThat(Observations.report(silent)).isEmpty();
    }
}
