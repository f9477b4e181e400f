package io.tinyfleet.e2e.bench;

import io.tinyfleet.agent.board.SysRoot;
import io.tinyfleet.agent.runtime.ModelFile;
import io.tinyfleet.agent.runtime.ProcessModelHost;
import io.tinyfleet.agent.runtime.RunningModel;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.agent.runtime.WorkerSettings;
import io.tinyfleet.e2e.process.Memory;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.protocol.v1.Target;
import io.tinyfleet.protocol.v1.Variant;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * What a worker with TensorFlow Lite and the face detector occupies after some hundred inferences, beside the process
 * that started it. Arguments: a folder to work in, the model. Prints the proportional set in MB.
 */
public final class TfliteWorkerFootprint {
    private static final int INFERENCES = 300;
    private static final int SIDE = 128;
    private static final Duration DEADLINE = Duration.ofSeconds(20);
    private static final Duration SETTLE = Duration.ofSeconds(10);

    private TfliteWorkerFootprint() {}

    public static void main(String[] arguments) throws Exception {
        Path model = Path.of(arguments[1]);
        Variant variant = Variant.newBuilder()
                .setName("bench")
                .setTarget(Target.newBuilder().setFormat(ModelFormat.TFLITE).setSize(Files.size(model)))
                .build();
        try (ProcessModelHost host =
                        ProcessModelHost.at(Path.of(arguments[0]), WorkerSettings.DEFAULT, SysRoot.MACHINE);
                RunningModel running = host.start(new ModelFile(model, Digest.ofFile(model), variant))) {
            Tensor image = Tensor.zeros("input", ElementType.FLOAT32, 1, SIDE, SIDE, 3);
            for (int i = 0; i < INFERENCES; i++) {
                running.infer(List.of(image), DEADLINE);
            }
            LockSupport.parkNanos(SETTLE.toNanos());
            long worker =
                    ProcessHandle.current().children().findFirst().orElseThrow().pid();
            System.out.println(Memory.pssMegabytes(worker));
        }
    }
}
