package io.tinyfleet.server.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.Energy;
import io.tinyfleet.protocol.v1.EnergyLabel;
import io.tinyfleet.protocol.v1.ScoreCounts;
import io.tinyfleet.protocol.v1.Window;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class WindowCheckTest {
    private static final Window GOOD = Window.newBuilder()
            .setSlot("vad")
            .setArtifactSha256(Digest.of(new byte[0]).toBytes())
            .setDurationMillis(10_000)
            .setOk(300)
            .setEnergy(Energy.newBuilder()
                    .setLabel(EnergyLabel.MEASURED)
                    .setJoulesNet(3)
                    .setCi95Joules(1))
            .setScores(ScoreCounts.newBuilder().setThreshold(0.5).setOver(1).setTotal(300))
            .build();

    @Test
    void a_plain_window_passes() {
        assertThat(WindowCheck.refusal(GOOD)).isEmpty();
    }

    @Test
    void nonsense_is_refused() {
        List<UnaryOperator<Window.Builder>> changes = List.of(
                window -> window.setSlot(""),
                window -> window.setSlot("../etc"),
                window -> window.setArtifactSha256(ByteString.copyFromUtf8("short")),
                window -> window.setAttemptId(ByteString.copyFromUtf8("short")),
                window -> window.setDurationMillis(0),
                window -> window.setDurationMillis(WindowCheck.MAX_DURATION_MILLIS + 1),
                window -> window.setDurationMillis(-1),
                window -> window.setOk(-1),
                window -> window.setOk(WindowCheck.MAX_COUNT + 1),
                window -> window.putFailed("x", -1),
                window -> window.setCpuSeconds(Double.NaN),
                window -> window.setCpuSeconds(-0.1),
                window -> window.setMonotonicStartMillis(-1),
                window -> window.setRssPeakBytes(-1),
                window -> window.setPhaseValue(99),
                window -> window.setSource("x".repeat(201)),
                window -> window.setSource("nul\0"),
                window -> window.setTemperatureCelsius(Double.POSITIVE_INFINITY),
                window -> window.setLatencySketch(ByteString.copyFromUtf8("no sketch")),
                window -> window.setQueueWaitSketch(ByteString.copyFrom(new byte[] {0, 0, 0})),
                window -> window.setEnergy(Energy.newBuilder().setJoulesNet(Double.NaN)),
                window -> window.setEnergy(Energy.newBuilder().setJoulesGross(-1)),
                window -> window.setEnergy(Energy.newBuilder().setLabelValue(42)),
                window -> window.setScores(ScoreCounts.newBuilder().setOver(2).setTotal(1)),
                window -> window.setScores(ScoreCounts.newBuilder().setThreshold(Double.NaN)),
                window -> window.setScores(ScoreCounts.newBuilder().addHistogram(-1)));
        for (int i = 0; i < changes.size(); i++) {
            Optional<String> refusal =
                    WindowCheck.refusal(changes.get(i).apply(GOOD.toBuilder()).build());
            assertThat(refusal).as("change " + i).isPresent();
            assertThat(refusal.orElseThrow()).startsWith("bad-window: ");
        }
    }

    @Test
    void energy_below_three_sigma_is_no_number() {
        assertThat(WindowFigures.joules(GOOD)).contains(3.0);
        assertThat(WindowFigures.joules(with(Energy.newBuilder()
                        .setLabel(EnergyLabel.MEASURED)
                        .setJoulesNet(1)
                        .setCi95Joules(1))))
                .isEmpty();
        assertThat(WindowFigures.joules(
                        with(Energy.newBuilder().setLabel(EnergyLabel.MEASURED).setJoulesNet(-1))))
                .isEmpty();
    }

    @Test
    void energy_without_a_label_is_no_number() {
        assertThat(WindowFigures.joules(with(Energy.newBuilder().setJoulesNet(3))))
                .isEmpty();
        assertThat(WindowFigures.joules(
                        with(Energy.newBuilder().setLabel(EnergyLabel.NONE).setJoulesNet(3))))
                .isEmpty();
    }

    private static Window with(Energy.Builder energy) {
        return GOOD.toBuilder().setEnergy(energy).build();
    }
}
