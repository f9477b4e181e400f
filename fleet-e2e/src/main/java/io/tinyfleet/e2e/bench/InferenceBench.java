package io.tinyfleet.e2e.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.tinyfleet.agent.api.LocalApi;
import io.tinyfleet.agent.board.SysRoot;
import io.tinyfleet.agent.power.EnergyMeters;
import io.tinyfleet.agent.reconcile.Installed;
import io.tinyfleet.agent.runtime.ModelFile;
import io.tinyfleet.agent.runtime.ProcessModelHost;
import io.tinyfleet.agent.runtime.RunningModel;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.agent.runtime.WorkerSettings;
import io.tinyfleet.agent.serve.ActiveModel;
import io.tinyfleet.agent.serve.Pacer;
import io.tinyfleet.agent.serve.ServedSlot;
import io.tinyfleet.agent.telemetry.WindowRecorder;
import io.tinyfleet.agent.telemetry.WindowSurroundings;
import io.tinyfleet.e2e.process.FreePort;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Compatibility;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Target;
import io.tinyfleet.protocol.v1.TensorSpec;
import io.tinyfleet.protocol.v1.Variant;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/**
 * What a call costs through a worker, and through the local HTTP API, over the bare library in this process: the same
 * model of one operator, the same tensors, in turns, so that whatever else the machine does meets all of them.
 */
public final class InferenceBench {
    private static final int SMALL_FLOATS = 256;
    private static final int LARGE_FLOATS = 224 * 224 * 3;
    private static final int ROUNDS = 100;
    private static final int SMALL_CALLS = 200;
    private static final int LARGE_CALLS = 20;
    private static final Duration DEADLINE = Duration.ofSeconds(5);

    private InferenceBench() {}

    private interface Call {
        void make() throws Exception;
    }

    /** Nanoseconds of each call. */
    private static final class Calls {
        private final Call call;
        private final long[] nanos;
        private int made;

        Calls(Call call, int calls) {
            this.call = call;
            this.nanos = new long[calls];
        }

        void make(int calls) throws Exception {
            for (int i = 0; i < calls; i++) {
                long start = System.nanoTime();
                call.make();
                nanos[made++] = System.nanoTime() - start;
            }
        }

        double micros(double quantile) {
            long[] sorted = Arrays.copyOf(nanos, made);
            Arrays.sort(sorted);
            return sorted[(int) Math.min(made - 1L, (long) (made * quantile))] / 1e3;
        }
    }

    /** The only argument is a folder for the models and the workers. */
    public static void main(String[] arguments) throws Exception {
        Path work = Path.of(arguments[0]);
        try (ProcessModelHost host =
                ProcessModelHost.at(work.resolve("home"), WorkerSettings.DEFAULT, SysRoot.MACHINE)) {
            Figures small = measure(host, work, SMALL_FLOATS, SMALL_CALLS);
            Figures large = measure(host, work, LARGE_FLOATS, LARGE_CALLS);
            System.out.printf(
                    Locale.ROOT,
                    "{\"workerAddedP50Micros1Kb\":%.1f,\"workerAddedP99Micros1Kb\":%.1f,"
                            + "\"workerAddedP50Micros588Kb\":%.1f,\"httpAddedP50Micros1Kb\":%.1f}%n",
                    small.workerAddedP50(),
                    small.workerAddedP99(),
                    large.workerAddedP50(),
                    small.httpAddedP50());
        }
    }

    private record Figures(double workerAddedP50, double workerAddedP99, double httpAddedP50) {}

    private static Figures measure(ProcessModelHost host, Path work, int floats, int calls) throws Exception {
        byte[] file = ReluModel.of(floats);
        Path path = Files.write(work.resolve("relu-" + floats + ".onnx"), file);
        Variant variant = variant(file, floats);
        ServedSlot slot = slot();
        int port = FreePort.take();
        try (Bare bare = Bare.of(path, floats);
                RunningModel worker = host.start(new ModelFile(path, Digest.of(file), variant));
                LocalApi api = LocalApi.start(port, Map.of(new SlotName("relu"), slot), "bench")) {
            RunningModel behindApi = host.start(new ModelFile(path, Digest.of(file), variant));
            slot.activate(new ActiveModel(behindApi, installed(variant, file), Phase.HEALTHY));
            try (Http http = new Http(api.port(), floats)) {
                List<Tensor> inputs = List.of(Tensor.zeros("x", ElementType.FLOAT32, 1, floats));
                Call throughWorker = () -> worker.infer(inputs, DEADLINE);
                // Until the compilers are done with all of it.
                for (Call call : List.<Call>of(bare::infer, throughWorker, http::infer)) {
                    new Calls(call, 25 * calls).make(25 * calls);
                }
                Calls bareCalls = new Calls(bare::infer, ROUNDS * calls);
                Calls workerCalls = new Calls(throughWorker, ROUNDS * calls);
                Calls httpCalls = new Calls(http::infer, ROUNDS * calls);
                for (int round = 0; round < ROUNDS; round++) {
                    bareCalls.make(calls);
                    workerCalls.make(calls);
                    httpCalls.make(calls);
                }
                return told(floats, bareCalls, workerCalls, httpCalls);
            }
        } finally {
            slot.close();
        }
    }

    private static Figures told(int floats, Calls bare, Calls worker, Calls http) {
        System.out.printf(
                Locale.ROOT,
                "%d bytes: bare p50 %.1f p99 %.1f us, worker p50 %.1f p99 %.1f us, HTTP p50 %.1f p99 %.1f us%n",
                floats * Float.BYTES,
                bare.micros(0.5),
                bare.micros(0.99),
                worker.micros(0.5),
                worker.micros(0.99),
                http.micros(0.5),
                http.micros(0.99));
        return new Figures(
                worker.micros(0.5) - bare.micros(0.5),
                worker.micros(0.99) - bare.micros(0.99),
                http.micros(0.5) - bare.micros(0.5));
    }

    private static ServedSlot slot() {
        WindowSurroundings surroundings = new WindowSurroundings(
                () -> Duration.ofNanos(System.nanoTime()),
                () -> Instant.EPOCH,
                () -> false,
                EnergyMeters.forHardware("generic-x86_64"));
        WindowRecorder recorder =
                new WindowRecorder(new SlotName("relu"), "none", Duration.ofMinutes(5), surroundings, window -> {});
        return ServedSlot.start(new SlotName("relu"), ServedSlot.Feed.NONE, Pacer.system(), recorder);
    }

    private static Variant variant(byte[] file, int floats) {
        TensorSpec.Builder row =
                TensorSpec.newBuilder().setType(ElementType.FLOAT32).addShape(1).addShape(floats);
        return Variant.newBuilder()
                .setName("bench")
                .setTarget(Target.newBuilder().setFormat(ModelFormat.ONNX).setSize(file.length))
                .setCompatibility(Compatibility.newBuilder()
                        .addInputs(row.setName("x").build())
                        .addOutputs(row.setName("y").build()))
                .build();
    }

    private static Installed installed(Variant variant, byte[] file) {
        return new Installed(
                Digest.of(file),
                new ReleaseId(new UUID(0, 1)),
                "relu",
                "1.0.0",
                variant,
                new AttemptId(new UUID(0, 2)),
                true,
                1);
    }

    /** The library itself, as well as it can be used: buffers made once, direct and in native order. */
    private record Bare(
            OrtSession session,
            FloatBuffer given,
            FloatBuffer x,
            Map<String, OnnxTensor> inputs,
            Map<String, OnnxTensor> outputs)
            implements AutoCloseable {

        static Bare of(Path model, int floats) throws OrtException {
            OrtEnvironment environment = OrtEnvironment.getEnvironment();
            OrtSession.SessionOptions options = new OrtSession.SessionOptions();
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            FloatBuffer x = buffer(floats);
            FloatBuffer y = buffer(floats);
            long[] shape = {1, floats};
            return new Bare(
                    environment.createSession(model.toString(), options),
                    buffer(floats),
                    x,
                    Map.of("x", OnnxTensor.createTensor(environment, x, shape)),
                    Map.of("y", OnnxTensor.createTensor(environment, y, shape)));
        }

        private static FloatBuffer buffer(int floats) {
            return ByteBuffer.allocateDirect(floats * Float.BYTES)
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer();
        }

        void infer() throws OrtException {
            x.put(0, given, 0, given.capacity());
            session.run(inputs, outputs).close();
        }

        @Override
        public void close() throws OrtException {
            session.close();
        }
    }

    /** An application with a connection of its own and binary tensors. */
    private static final class Http implements AutoCloseable {
        private final Socket socket;
        private final DataInputStream in;
        private final OutputStream out;
        private final byte[] request;

        Http(int port, int floats) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setTcpNoDelay(true);
            in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 64 * 1024));
            out = socket.getOutputStream();
            int bytes = floats * Float.BYTES;
            String json = "{\"inputs\":[{\"name\":\"x\",\"shape\":[1," + floats + "],\"datatype\":\"FP32\","
                    + "\"parameters\":{\"binary_data_size\":" + bytes
                    + "}}],\"parameters\":{\"binary_data_output\":true}}";
            String head = "POST /v2/models/relu/infer HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: "
                    + (json.length() + bytes) + "\r\nInference-Header-Content-Length: " + json.length() + "\r\n\r\n";
            byte[] text = (head + json).getBytes(StandardCharsets.US_ASCII);
            request = Arrays.copyOf(text, text.length + bytes);
        }

        void infer() throws IOException {
            out.write(request);
            int length = -1;
            StringBuilder line = new StringBuilder();
            while (true) {
                int c = in.read();
                if (c < 0) {
                    throw new IOException("the API closed the connection");
                }
                if (c != '\n') {
                    line.append((char) c);
                    continue;
                }
                String text = line.toString().strip();
                line.setLength(0);
                if (text.isEmpty()) {
                    break;
                }
                if (text.startsWith("HTTP/") && !text.contains(" 200 ")) {
                    throw new IOException("the API answered " + text);
                }
                if (text.startsWith("Content-Length: ")) {
                    length = Integer.parseInt(text.substring(16));
                }
            }
            in.skipNBytes(length);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
