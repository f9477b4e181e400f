package io.tinyfleet.agent.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.board.SysRoot;
import io.tinyfleet.agent.runtime.ModelFile;
import io.tinyfleet.agent.runtime.Models;
import io.tinyfleet.agent.runtime.ProcessModelHost;
import io.tinyfleet.agent.runtime.RealModels;
import io.tinyfleet.agent.runtime.RunningModel;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.agent.runtime.WorkerSettings;
import io.tinyfleet.protocol.v1.ElementType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The demo's real models on the demo's real input, through real workers. */
@EnabledIfSystemProperty(named = RealModels.PROPERTY, matches = ".+")
class SileroTest {

    private static final String SPEECH =
            System.getProperty("tinyfleet.speech", "../fleet-e2e/src/main/resources/audio/speech-16k.wav");

    /** Well over one pass of the recording. */
    private static final int FRAMES = 1200;

    @TempDir
    Path home;

    private ProcessModelHost host;

    @BeforeEach
    void open() throws Exception {
        host = ProcessModelHost.at(home, WorkerSettings.DEFAULT, SysRoot.MACHINE);
    }

    @Test
    void both_versions_hear_speech_in_most_frames_of_the_recording() throws Exception {
        assertThat(share(RealModels.sileroV5(), SPEECH)).isGreaterThan(0.7);
        assertThat(share(RealModels.sileroV6(), SPEECH)).isGreaterThan(0.7);
    }

    @Test
    void no_version_hears_speech_in_silence_or_noise() throws Exception {
        for (Path model : List.of(RealModels.sileroV5(), RealModels.sileroV6())) {
            assertThat(share(model, "silence")).isLessThan(0.01);
            assertThat(share(model, "noise")).isLessThan(0.01);
        }
    }

    @Test
    void a_call_through_the_worker_takes_well_under_a_frame() throws Exception {
        try (RunningModel model = start(RealModels.sileroV6())) {
            List<Tensor> inputs = List.of(
                    Tensor.zeros("input", ElementType.FLOAT32, 1, 576),
                    Tensor.zeros("state", ElementType.FLOAT32, 2, 1, 128),
                    rate());
            long[] nanos = new long[FRAMES];
            for (int i = 0; i < FRAMES; i++) {
                long before = System.nanoTime();
                model.infer(inputs, Duration.ofSeconds(5));
                nanos[i] = System.nanoTime() - before;
            }
            Arrays.sort(nanos);
            System.out.printf(
                    "silero v6 through the socket: p50 %d us, p95 %d us, stats %s%n",
                    nanos[FRAMES / 2] / 1000, nanos[FRAMES * 95 / 100] / 1000, model.stats());
            assertThat(nanos[FRAMES / 2]).isLessThan(32_000_000L);
        }
    }

    private double share(Path path, String input) throws Exception {
        ModelFile file = Models.onnx(path, Models.sileroPipeline());
        try (AudioSource source = (AudioSource) ReplaySource.open("test", input);
                RunningModel model = host.start(file)) {
            AudioFramesPipeline pipeline = AudioFramesPipeline.of(file.variant(), source);
            int over = 0;
            for (int i = 0; i < FRAMES; i++) {
                double score = pipeline.accept(model.infer(pipeline.next(), Duration.ofSeconds(5)))
                        .score();
                over += score > pipeline.threshold() ? 1 : 0;
            }
            double share = over / (double) FRAMES;
            System.out.printf("%s on %s: %.4f%n", path.getFileName(), input, share);
            return share;
        }
    }

    private RunningModel start(Path path) throws Exception {
        return host.start(Models.onnx(path, Models.sileroPipeline()));
    }

    private static Tensor rate() {
        Tensor rate = Tensor.zeros("sr", ElementType.INT64);
        rate.setLong(0, 16_000);
        return rate;
    }
}
