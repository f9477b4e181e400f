package io.tinyfleet.agent.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.datadoghq.sketch.ddsketch.DDSketch;
import com.google.protobuf.ByteString;
import io.tinyfleet.agent.power.EnergyMeters;
import io.tinyfleet.agent.runtime.WorkerStats;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.EnergyLabel;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Window;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class WindowRecorderTest {

    private static final Instant WALL = Instant.parse("2026-03-01T12:00:00Z");
    private static final Digest ARTIFACT = Digest.of(new byte[] {1});
    private static final AttemptId ATTEMPT = new AttemptId(new UUID(1, 2));

    private final List<Window> windows = new ArrayList<>();
    private Duration uptime = Duration.ofSeconds(100);
    private WorkerStats stats = new WorkerStats(Duration.ofSeconds(1), 80, 90);

    private final WindowRecorder recorder = new WindowRecorder(
            new SlotName("vad"),
            "speech",
            Duration.ofSeconds(10),
            new WindowSurroundings(
                    () -> uptime, () -> WALL.plus(uptime), () -> true, EnergyMeters.forHardware("generic-x86_64")),
            windows::add);

    @Test
    void a_window_says_what_happened_when_to_which_artifact() {
        Recording recording = begin(Phase.PROBATION);
        recording.answered(2.0, 0.5, 0.9);
        recording.failed("deadline");
        recording.failed("deadline");
        stats = new WorkerStats(Duration.ofMillis(1500), 85, 95);
        uptime = uptime.plusSeconds(10);
        recording.answered(4.0, 0.5, 0.1);

        assertThat(windows).singleElement().satisfies(window -> {
            assertThat(window.getSlot()).isEqualTo("vad");
            assertThat(window.getSource()).isEqualTo("speech");
            assertThat(window.getArtifactSha256()).isEqualTo(ARTIFACT.toBytes());
            assertThat(window.getAttemptId()).isEqualTo(ATTEMPT.toBytes());
            assertThat(window.getPhase()).isEqualTo(Phase.PROBATION);
            assertThat(window.getMonotonicStartMillis()).isEqualTo(100_000);
            assertThat(window.getDurationMillis()).isEqualTo(10_000);
            assertThat(window.getWallStartMillis())
                    .isEqualTo(WALL.plusSeconds(100).toEpochMilli());
            assertThat(window.getClockSynchronised()).isTrue();
            assertThat(window.getOk()).isEqualTo(2);
            assertThat(window.getFailedMap()).containsOnlyKeys("deadline").containsEntry("deadline", 2L);
            assertThat(window.getCpuSeconds()).isCloseTo(0.5, within(1e-9));
            assertThat(window.getRssPeakBytes()).isEqualTo(95);
            assertThat(window.getEnergy().getLabel()).isEqualTo(EnergyLabel.ESTIMATED);
            assertThat(window.getEnergy().getJoulesNet()).isCloseTo(1.4, within(1e-9));
        });
    }

    @Test
    void a_window_closes_after_its_interval_and_not_before() {
        Recording recording = begin(Phase.HEALTHY);
        for (int second = 0; second < 35; second++) {
            recording.answered(1, -1, 0.5);
            uptime = uptime.plusSeconds(1);
        }
        assertThat(windows).hasSize(3).allMatch(window -> window.getDurationMillis() == 10_000);
        recording.close();
        assertThat(windows.stream().mapToLong(Window::getOk).sum()).isEqualTo(35);
    }

    @Test
    void a_shorter_interval_holds_for_the_window_under_way() {
        Recording recording = begin(Phase.HEALTHY);
        uptime = uptime.plusSeconds(2);
        recorder.interval(Duration.ofSeconds(1));
        recording.answered(1, -1, 0.5);
        assertThat(windows).hasSize(1);
    }

    @Test
    void a_window_never_spans_two_phases() {
        Recording recording = begin(Phase.PROBATION);
        recording.answered(1, -1, 0.5);
        recording.phase(Phase.PROBATION);
        assertThat(windows).as("the same phase again is no change").isEmpty();
        recording.phase(Phase.HEALTHY);
        recording.answered(1, -1, 0.5);
        recording.close();
        recording.close();
        assertThat(windows).extracting(Window::getPhase).containsExactly(Phase.PROBATION, Phase.HEALTHY);
    }

    @Test
    void a_window_without_inferences_is_not_sent() {
        Recording recording = begin(Phase.PROBATION);
        recording.phase(Phase.HEALTHY);
        recording.close();
        assertThat(windows).isEmpty();
    }

    @Test
    void only_failures_are_a_window_too() {
        Recording recording = begin(Phase.PROBATION);
        recording.failed("worker-gone");
        recording.close();
        assertThat(windows).singleElement().satisfies(window -> {
            assertThat(window.getOk()).isZero();
            assertThat(window.getLatencySketch()).isEqualTo(ByteString.EMPTY);
            assertThat(window.getScores().getTotal()).isZero();
        });
    }

    @Test
    void scores_are_counted_over_the_threshold_and_in_ten_bins() {
        Recording recording = begin(Phase.HEALTHY);
        for (double score : new double[] {0, 0.05, 0.5, 0.51, 0.999, 1, 1.5, -0.1}) {
            recording.answered(1, -1, score);
        }
        recording.close();
        assertThat(windows.get(0).getScores().getTotal()).isEqualTo(8);
        assertThat(windows.get(0).getScores().getOver())
                .as("0.5 is not over 0.5")
                .isEqualTo(4);
        assertThat(windows.get(0).getScores().getHistogramList())
                .containsExactly(3L, 0L, 0L, 0L, 0L, 2L, 0L, 0L, 0L, 3L);
    }

    @Test
    void the_sketch_holds_quantiles_within_one_percent() throws IOException {
        Recording recording = begin(Phase.HEALTHY);
        for (int i = 1; i <= 10_000; i++) {
            recording.answered(i / 1000.0, i / 100.0, 0.5);
        }
        recording.close();
        DDSketch latency = LatencySketch.decode(windows.get(0).getLatencySketch());
        assertThat(latency.getCount()).isEqualTo(10_000);
        assertThat(latency.getValueAtQuantile(0.95)).isCloseTo(9.5, within(0.096));
        assertThat(latency.getValueAtQuantile(0.5)).isCloseTo(5.0, within(0.051));
        assertThat(LatencySketch.decode(windows.get(0).getQueueWaitSketch()).getValueAtQuantile(0.5))
                .isCloseTo(50, within(0.51));
        assertThat(windows.get(0).getLatencySketch().size()).isLessThan(8 * 1024);
    }

    @Test
    void bytes_that_are_no_sketch_are_refused() {
        assertThatThrownBy(() -> LatencySketch.decode(ByteString.copyFromUtf8("not a sketch")))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> LatencySketch.decode(ByteString.copyFrom(new byte[] {2, 0, 0})))
                .isInstanceOf(IOException.class);
    }

    @Test
    void failure_codes_are_limited_in_number() {
        Recording recording = begin(Phase.HEALTHY);
        for (int i = 0; i < 100; i++) {
            recording.failed("code-" + i);
        }
        recording.close();
        assertThat(windows.get(0).getFailedMap()).hasSize(17).containsEntry("other", 84L);
    }

    @Test
    void a_worker_that_restarted_its_counters_never_has_negative_time() {
        Recording recording = begin(Phase.HEALTHY);
        recording.answered(1, -1, 0.5);
        stats = WorkerStats.UNKNOWN;
        recording.close();
        assertThat(windows.get(0).getCpuSeconds()).isZero();
        assertThat(windows.get(0).getEnergy().getJoulesNet()).isZero();
    }

    @Test
    void an_impossible_interval_is_refused() {
        for (Duration bad :
                List.of(Duration.ZERO, Duration.ofMillis(999), Duration.ofSeconds(-5), Duration.ofHours(2))) {
            assertThatThrownBy(() -> recorder.interval(bad)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private Recording begin(Phase phase) {
        return recorder.begin(new WindowSubject(ARTIFACT, ATTEMPT, phase, 0.5), () -> stats);
    }
}
