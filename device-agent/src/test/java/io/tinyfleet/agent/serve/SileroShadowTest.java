package io.tinyfleet.agent.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.board.SysRoot;
import io.tinyfleet.agent.fixture.Await;
import io.tinyfleet.agent.runtime.ForwardingModel;
import io.tinyfleet.agent.runtime.InferenceException;
import io.tinyfleet.agent.runtime.ModelFile;
import io.tinyfleet.agent.runtime.Models;
import io.tinyfleet.agent.runtime.ProcessModelHost;
import io.tinyfleet.agent.runtime.RealModels;
import io.tinyfleet.agent.runtime.RunningModel;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.agent.runtime.WorkerSettings;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.v1.Agreement;
import io.tinyfleet.protocol.v1.AgreementMeasure;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.ShadowCounts;
import io.tinyfleet.protocol.v1.Window;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Two real versions of one model, in two workers, on the same recorded speech. */
@EnabledIfSystemProperty(named = RealModels.PROPERTY, matches = ".+")
class SileroShadowTest {
    private static final String SPEECH =
            System.getProperty("tinyfleet.speech", "../fleet-e2e/src/main/resources/audio/speech-16k.wav");
    private static final int INPUTS = 600;

    @TempDir
    Path home;

    /** Counts, and waits while the other is far behind: recorded input comes as fast as it is taken. */
    private static final class Counting extends ForwardingModel {
        private final AtomicLong calls;
        private final @Nullable AtomicLong follower;

        Counting(RunningModel model, AtomicLong calls, @Nullable AtomicLong follower) {
            super(model);
            this.calls = calls;
            this.follower = follower;
        }

        @Override
        public List<Tensor> infer(List<Tensor> inputs, Duration deadline) throws InferenceException {
            AtomicLong behind = follower;
            long mine = calls.getAndIncrement();
            long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (behind != null && mine - behind.get() > 8 && System.nanoTime() < patience) {
                Thread.onSpinWait();
            }
            return super.infer(inputs, deadline);
        }
    }

    private record Heard(List<String> lines, ShadowCounts counts) {}

    private Heard hear(ProcessModelHost host, Path active, @Nullable Path beside) throws Exception {
        List<Window> windows = new CopyOnWriteArrayList<>();
        List<String> lines = new CopyOnWriteArrayList<>();
        Sink sink = new Sink() {
            @Override
            public void accept(String json) {
                lines.add(json);
            }

            @Override
            public void close() {}
        };
        ServedSlot server = Unpaced.start(
                new ServedSlot.Feed(ReplaySource.open("speech", SPEECH), Pace.FAST, List.of(sink)),
                "speech",
                windows::add);
        AtomicLong shadowed = new AtomicLong();
        try (server) {
            ModelFile file = Models.onnx(active, Models.sileroPipeline());
            if (beside != null) {
                ModelFile other = Models.onnx(beside, Models.sileroPipeline());
                server.beginShadow(new ShadowModel(
                        new Counting(host.startBehind(other), shadowed, null),
                        Installations.of(other.variant(), other.sha256()),
                        new AttemptId(new UUID(5, 5)),
                        1));
            }
            RunningModel answering = new Counting(host.start(file), new AtomicLong(), beside == null ? null : shadowed);
            server.activate(new ActiveModel(answering, Installations.of(file.variant(), file.sha256()), Phase.HEALTHY));
            Await.until(() -> INPUTS + " answers, got " + lines.size(), () -> lines.size() >= INPUTS);
            // Nobody waits any more for one that is ended.
            shadowed.set(Long.MAX_VALUE / 2);
            server.endShadow();
        }
        return new Heard(
                new ArrayList<>(lines.subList(0, INPUTS)), windows.get(0).getShadow());
    }

    private static double share(ShadowCounts counts, AgreementMeasure measure) {
        Agreement agreement = counts.getAgreementsList().stream()
                .filter(one -> one.getMeasure() == measure)
                .findFirst()
                .orElseThrow();
        return (double) agreement.getAgreed() / agreement.getCompared();
    }

    @Test
    void the_same_model_agrees_in_everything_another_version_not_and_what_answers_never_changes() throws Exception {
        try (ProcessModelHost host = ProcessModelHost.at(home, WorkerSettings.DEFAULT, SysRoot.MACHINE)) {
            Heard alone = hear(host, RealModels.sileroV5(), null);
            Heard same = hear(host, RealModels.sileroV5(), RealModels.sileroV5());
            Heard newer = hear(host, RealModels.sileroV5(), RealModels.sileroV6());

            assertThat(same.lines()).as("answers with a shadow").isEqualTo(alone.lines());
            assertThat(newer.lines()).as("answers with another shadow").isEqualTo(alone.lines());
            assertThat(same.counts().getCompared()).isGreaterThan(400);
            assertThat(share(same.counts(), AgreementMeasure.LABEL)).isEqualTo(1);
            assertThat(share(same.counts(), AgreementMeasure.NUMERIC_TOLERANCE)).isEqualTo(1);
            assertThat(newer.counts().getCompared()).isGreaterThan(400);
            assertThat(share(newer.counts(), AgreementMeasure.NUMERIC_TOLERANCE))
                    .isBetween(0.3, 0.99);
            assertThat(share(newer.counts(), AgreementMeasure.LABEL)).isBetween(0.7, 1.0);
            assertThat(newer.counts().getFailedMap()).isEmpty();
            assertThat(newer.counts().getRssPeakBytes()).isGreaterThan(20L << 20);
            System.out.printf(
                    "silero v5 with v6 beside it: %d compared, %d dropped, same score %.4f, same side %.4f%n",
                    newer.counts().getCompared(),
                    newer.counts().getDropped(),
                    share(newer.counts(), AgreementMeasure.NUMERIC_TOLERANCE),
                    share(newer.counts(), AgreementMeasure.LABEL));
        }
    }
}
