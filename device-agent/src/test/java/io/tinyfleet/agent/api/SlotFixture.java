package io.tinyfleet.agent.api;

import io.tinyfleet.agent.power.EnergyMeters;
import io.tinyfleet.agent.runtime.InferenceException;
import io.tinyfleet.agent.runtime.RunningModel;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.agent.runtime.WorkerExit;
import io.tinyfleet.agent.runtime.WorkerStats;
import io.tinyfleet.agent.serve.ActiveModel;
import io.tinyfleet.agent.serve.Installations;
import io.tinyfleet.agent.serve.Pacer;
import io.tinyfleet.agent.serve.ServedSlot;
import io.tinyfleet.agent.serve.SlotServer;
import io.tinyfleet.agent.telemetry.WindowRecorder;
import io.tinyfleet.agent.telemetry.WindowSurroundings;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Compatibility;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Target;
import io.tinyfleet.protocol.v1.TensorSpec;
import io.tinyfleet.protocol.v1.Variant;
import io.tinyfleet.protocol.v1.Window;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A slot named {@code double} without input of its own, and models that answer twice what they are asked. */
final class SlotFixture {

    private static final Variant VARIANT = Variant.newBuilder()
            .setName("test")
            .setTarget(Target.newBuilder().setFormat(ModelFormat.ONNX))
            .setCompatibility(Compatibility.newBuilder().addInputs(row("x")).addOutputs(row("y")))
            .build();

    final List<Window> windows = new CopyOnWriteArrayList<>();
    volatile InferenceException.@Nullable Reason failure;
    volatile @Nullable Tensor answer;

    private final ServedSlot slot;

    SlotFixture() {
        WindowSurroundings surroundings = new WindowSurroundings(
                () -> Duration.ofNanos(System.nanoTime()),
                () -> Instant.EPOCH,
                () -> false,
                EnergyMeters.forHardware("generic-x86_64"));
        WindowRecorder recorder =
                new WindowRecorder(new SlotName("double"), "none", Duration.ofMinutes(5), surroundings, windows::add);
        slot = ServedSlot.start(new SlotName("double"), ServedSlot.Feed.NONE, Pacer.system(), recorder);
    }

    Map<SlotName, SlotServer> slots() {
        return Map.of(new SlotName("double"), slot);
    }

    void activate(String version) {
        Digest artifact = Digest.of(version.getBytes(StandardCharsets.UTF_8));
        slot.activate(new ActiveModel(new Doubling(), Installations.of(VARIANT, artifact, version), Phase.PROBATION));
    }

    void close() {
        slot.close();
    }

    private static TensorSpec row(String name) {
        return TensorSpec.newBuilder()
                .setName(name)
                .setType(ElementType.FLOAT32)
                .addShape(1)
                .addShape(-1)
                .build();
    }

    private final class Doubling implements RunningModel {

        @Override
        public List<Tensor> infer(List<Tensor> inputs, Duration deadline) throws InferenceException {
            InferenceException.Reason reason = failure;
            if (reason != null) {
                throw new InferenceException(reason, "made to fail");
            }
            Tensor made = answer;
            if (made != null) {
                return List.of(made);
            }
            Tensor x = inputs.get(0);
            Tensor y = Tensor.zeros("y", ElementType.FLOAT32, x.shape());
            for (int i = 0; i < x.bytes() / Float.BYTES; i++) {
                y.setFloat(i, 2 * x.floatAt(i));
            }
            return List.of(y);
        }

        @Override
        public WorkerStats stats() {
            return WorkerStats.UNKNOWN;
        }

        @Override
        public long pid() {
            return -1;
        }

        @Override
        public CompletionStage<WorkerExit> exit() {
            return new CompletableFuture<>();
        }

        @Override
        public void close() {}
    }
}
