package io.tinyfleet.agent.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.board.SysRoot;
import io.tinyfleet.agent.runtime.TrialReport.Code;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.protocol.v1.Pipeline;
import io.tinyfleet.protocol.v1.SelfTestVector;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sixty corrupt and hostile files for each runtime, each in the trial that stands before an activation. Every one is
 * refused with a sentence, at most a throw-away worker dies of it, and a model that runs beside them answers on. Their
 * digests are taken to be right: whoever signs a release can sign nonsense.
 */
class HostileModelsTest {
    private static final int OF_A_KIND = 15;
    private static final Duration DEADLINE = Duration.ofSeconds(20);
    private static final int SIDE = 128;

    /** Without a budget for memory and time: the limits that every worker has must do. */
    private static final TrialLimits LIMITS = TrialLimits.DEFAULT;

    @TempDir
    Path files;

    private ProcessModelHost host;
    private RunningModel survivor;
    private final Random random = new Random(20_261_122);

    /** A file that must not be activated. */
    private record Hostile(String kind, byte[] content) {}

    @BeforeEach
    void start() throws Exception {
        host = ProcessModelHost.at(files.resolve("home"), WorkerSettings.DEFAULT, SysRoot.MACHINE);
        survivor = host.start(Models.onnx(OnnxFile.write(files, "survivor.onnx", OnnxFile.doubling(2))));
    }

    @AfterEach
    void stop() {
        survivor.close();
        host.close();
    }

    @Test
    void sixty_hostile_onnx_files_are_refused_with_a_reason() throws Exception {
        byte[] sound = OnnxFile.doubling(2);
        SelfTestVector vector = Models.vector(Models.floats("x", 1, 2), Models.floats("sum", 2, 4));
        List<Hostile> hostile = new ArrayList<>(truncated(sound));
        hostile.addAll(flipped(sound, 0, 40));
        for (int i = 0; i < OF_A_KIND; i++) {
            // Bytes and shape do not agree: too few, too many, none.
            int bytes = List.of(0, 1, 4, 7, 12, 16, 4096).get(i % 7);
            hostile.add(new Hostile("wrong size", OnnxFile.weighted(new byte[bytes], 1, 2L << (i / 7) * 20)));
        }
        hostile.addAll(absurdOnnx());

        refused(hostile, ModelFormat.ONNX, vector);
        passes(sound, ModelFormat.ONNX, vector);
    }

    private static List<Hostile> absurdOnnx() {
        List<byte[]> files = List.of(
                OnnxFile.weighted(new byte[8], 1, -2),
                OnnxFile.weighted(new byte[8], Long.MAX_VALUE, Long.MAX_VALUE),
                OnnxFile.weighted(new byte[8], 1L << 32, 1L << 32),
                OnnxFile.weighted(new byte[8], 1L << 62, 4),
                OnnxFile.weighted(new byte[8], Long.MIN_VALUE),
                OnnxFile.filling(1L << 40),
                OnnxFile.filling(1L << 33),
                OnnxFile.filling(1L << 31, 1L << 31),
                OnnxFile.filling(-7),
                OnnxFile.filling(Long.MAX_VALUE, 2, 2),
                OnnxFile.claiming(1L << 40),
                OnnxFile.claiming(Long.MAX_VALUE, Long.MAX_VALUE),
                OnnxFile.claiming(1, 1L << 31),
                OnnxFile.claiming(Collections.nCopies(300, 2L).stream()
                        .mapToLong(Long::longValue)
                        .toArray()),
                OnnxFile.claiming(0, 0, 0));
        return files.stream().map(file -> new Hostile("absurd shape", file)).toList();
    }

    @Test
    void sixty_hostile_tflite_files_are_refused_with_a_reason() throws Exception {
        byte[] sound = Files.readAllBytes(RealModels.faceDetection());
        SelfTestVector vector = golden(RealModels.faceDetection());
        List<Hostile> hostile = new ArrayList<>(truncated(sound));
        // The tables of the file come last; what is before them is weights.
        hostile.addAll(flipped(sound, sound.length - 20_000, 200));
        hostile.addAll(moved(sound));
        hostile.addAll(absurdTflite(sound));

        refused(hostile, ModelFormat.TFLITE, vector);
        passes(sound, ModelFormat.TFLITE, vector);
    }

    private SelfTestVector golden(Path model) throws Exception {
        Tensor image = Tensor.zeros("input", ElementType.FLOAT32, 1, SIDE, SIDE, 3);
        Random pixels = new Random(7);
        for (int i = 0; i < SIDE * SIDE * 3; i++) {
            image.setFloat(i, pixels.nextFloat() * 2 - 1);
        }
        try (RunningModel running = host.start(Models.of(model, ModelFormat.TFLITE, Pipeline.getDefaultInstance()))) {
            List<Tensor> answer = running.infer(List.of(image), DEADLINE);
            SelfTestVector.Builder vector = SelfTestVector.newBuilder().addInputs(image.toProto());
            answer.forEach(tensor -> vector.addOutputs(tensor.toProto()));
            return vector.build();
        }
    }

    /** Bytes are missing or too many in the middle, so whatever points behind them points wrong. */
    private List<Hostile> moved(byte[] sound) {
        List<Hostile> all = new ArrayList<>();
        for (int i = 0; i < OF_A_KIND; i++) {
            int at = sound.length / (OF_A_KIND + 1) * (i + 1);
            int by = 1 + random.nextInt(4000);
            byte[] head = Arrays.copyOf(sound, at);
            byte[] tail = Arrays.copyOfRange(sound, i % 2 == 0 ? Math.min(sound.length, at + by) : at, sound.length);
            byte[] gap = new byte[i % 2 == 0 ? 0 : by];
            byte[] file = ByteBuffer.allocate(head.length + gap.length + tail.length)
                    .put(head)
                    .put(gap)
                    .put(tail)
                    .array();
            all.add(new Hostile("wrong size", file));
        }
        return all;
    }

    /** The shape of the input, wherever the file states it, becomes another. */
    private static List<Hostile> absurdTflite(byte[] sound) {
        int[][] shapes = {
            {1, -1, 128, 3},
            {1, 128, 128, -3},
            {-1, -1, -1, -1},
            {0, 0, 0, 0},
            {1, Integer.MAX_VALUE, 128, 3},
            {Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE},
            {Integer.MIN_VALUE, 1, 1, 1},
            {65536, 65536, 1, 3},
            {1, 46341, 46341, 3},
            {1, 1, 1, 1},
            {1, 128, 128, 4},
            {2, 128, 128, 3},
            {1, 100_000, 100_000, 3},
            {1, 3, 128, 128},
            {1, 0, 128, 3}
        };
        List<Hostile> all = new ArrayList<>();
        for (int[] shape : shapes) {
            byte[] file = sound.clone();
            ByteBuffer words = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
            int changed = 0;
            for (int at = 0; at + 20 <= file.length; at += 4) {
                boolean stated = words.getInt(at) == 4
                        && words.getInt(at + 4) == 1
                        && words.getInt(at + 8) == SIDE
                        && words.getInt(at + 12) == SIDE
                        && words.getInt(at + 16) == 3;
                if (stated) {
                    changed++;
                    for (int i = 0; i < shape.length; i++) {
                        words.putInt(at + 4 + 4 * i, shape[i]);
                    }
                }
            }
            assertThat(changed).as("the input's shape was found").isPositive();
            all.add(new Hostile("absurd shape", file));
        }
        return all;
    }

    private List<Hostile> truncated(byte[] sound) {
        List<Hostile> all = new ArrayList<>();
        for (int i = 0; i < OF_A_KIND; i++) {
            all.add(new Hostile("truncated", Arrays.copyOf(sound, sound.length * i / OF_A_KIND)));
        }
        return all;
    }

    private List<Hostile> flipped(byte[] sound, int from, int bits) {
        List<Hostile> all = new ArrayList<>();
        for (int i = 0; i < OF_A_KIND; i++) {
            byte[] file = sound.clone();
            for (int bit = 0; bit < bits; bit++) {
                file[from + random.nextInt(file.length - from)] ^= (byte) (1 << random.nextInt(8));
            }
            all.add(new Hostile("flipped", file));
        }
        return all;
    }

    private void refused(List<Hostile> hostile, ModelFormat format, SelfTestVector vector) throws Exception {
        assertThat(hostile).hasSize(4 * OF_A_KIND);
        SelfTestFile vectors = Models.selfTest(files.resolve("vectors"), vector);
        List<String> accepted = new ArrayList<>();
        for (int i = 0; i < hostile.size(); i++) {
            Hostile one = hostile.get(i);
            TrialReport report = trial(i + "." + format, one.content(), format, vectors);
            if (report instanceof TrialReport.Failed failed) {
                assertThat(failed.sentence()).as(one.kind() + " " + i).isNotBlank();
                assertThat(failed.code())
                        .as(one.kind() + " " + i + ": " + failed.sentence())
                        .isIn(
                                Code.LOAD_FAILED,
                                Code.SELF_TEST_FAILED,
                                Code.SELF_TEST_UNREADABLE,
                                Code.WORKER_CRASHED,
                                Code.WORKER_OUT_OF_MEMORY,
                                Code.WORKER_TIMEOUT);
            } else {
                accepted.add(one.kind() + " " + i);
            }
            assertThat(survivor.infer(List.of(Models.floats("x", 1, 2)), DEADLINE)
                            .get(0)
                            .floatAt(1))
                    .isEqualTo(4f);
        }
        assertThat(accepted).isEmpty();
    }

    private void passes(byte[] sound, ModelFormat format, SelfTestVector vector) throws IOException {
        SelfTestFile vectors = Models.selfTest(files.resolve("vectors"), vector);
        assertThat(trial("sound." + format, sound, format, vectors)).isInstanceOf(TrialReport.Passed.class);
    }

    private TrialReport trial(String name, byte[] content, ModelFormat format, SelfTestFile vectors)
            throws IOException {
        Path file = Files.write(files.resolve(name), content);
        return host.trial(Models.of(file, format, Pipeline.getDefaultInstance()), vectors, LIMITS);
    }
}
