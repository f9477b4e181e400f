package io.tinyfleet.agent.runtime.worker;

import io.tinyfleet.agent.runtime.Refusal;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.SelfTestVector;
import io.tinyfleet.protocol.v1.SelfTestVectors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Lets a model answer the release's vectors and compares every element of every expected output:
 * {@code |got - expected| <= absolute + relative * |expected|}. What is not a number never passes, on either side.
 */
final class SelfTestRun {

    static final long MAX_FILE_BYTES = 8L * 1024 * 1024;
    private static final int MAX_TIMED_CALLS = 200;
    private static final long TIMED_NANOS = 300_000_000L;

    private final LoadedModel model;
    private final double absoluteTolerance;
    private final double relativeTolerance;
    private final long deadlineNanos;

    SelfTestRun(LoadedModel model, double absoluteTolerance, double relativeTolerance, long deadlineNanos) {
        this.model = model;
        this.absoluteTolerance = absoluteTolerance;
        this.relativeTolerance = relativeTolerance;
        this.deadlineNanos = deadlineNanos;
    }

    /** The median nanoseconds of a call. */
    long run(Path file) throws RefusedException {
        SelfTestVectors vectors = read(file);
        List<List<Tensor>> inputs = new ArrayList<>();
        for (int i = 0; i < vectors.getVectorsCount(); i++) {
            inputs.add(check(i, vectors.getVectors(i)));
        }
        return medianNanos(inputs);
    }

    private static SelfTestVectors read(Path file) throws RefusedException {
        try {
            long size = Files.size(file);
            if (size > MAX_FILE_BYTES) {
                throw unreadable("the self-test has " + size + " bytes, the limit is " + MAX_FILE_BYTES);
            }
            SelfTestVectors vectors = SelfTestVectors.parseFrom(Files.readAllBytes(file));
            if (vectors.getVectorsCount() == 0) {
                throw unreadable("the self-test has no vectors");
            }
            return vectors;
        } catch (IOException e) {
            throw unreadable("the self-test cannot be read: " + Sentences.firstOf(e));
        }
    }

    private List<Tensor> check(int index, SelfTestVector vector) throws RefusedException {
        if (vector.getOutputsCount() == 0) {
            throw unreadable("vector " + index + " of the self-test expects no outputs");
        }
        List<Tensor> inputs = tensors(index, vector.getInputsList());
        List<Tensor> expected = tensors(index, vector.getOutputsList());
        requireTimeLeft(index);
        List<Tensor> answer = infer(index, inputs);
        for (Tensor output : expected) {
            compare(index, output, find(index, answer, output.name()));
        }
        return inputs;
    }

    private List<Tensor> infer(int index, List<Tensor> inputs) throws RefusedException {
        try {
            return model.infer(inputs);
        } catch (RefusedException e) {
            Refusal refusal =
                    e.refusal() == Refusal.BAD_INPUT ? Refusal.SELF_TEST_UNREADABLE : Refusal.SELF_TEST_FAILED;
            throw new RefusedException(refusal, "vector " + index + ": " + e.getMessage());
        }
    }

    private void compare(int index, Tensor expected, Tensor got) throws RefusedException {
        if (expected.type() != got.type() || !got.hasShape(expected.shape())) {
            throw failed("output " + got + " of vector " + index + ": expected " + expected);
        }
        ByteBuffer expectedData = expected.data();
        ByteBuffer gotData = got.data();
        for (int element = 0; expectedData.hasRemaining(); element++) {
            double wanted = next(index, expected, expectedData);
            double found = next(index, got, gotData);
            double tolerance = absoluteTolerance + relativeTolerance * Math.abs(wanted);
            // Written so that NaN on either side, and infinity on both, is a failure.
            boolean within = Math.abs(found - wanted) <= tolerance && Double.isFinite(wanted);
            if (!within) {
                String place = expected.bytes() == bytesOf(expected.type()) ? "" : ", element " + element;
                throw failed(String.format(
                        Locale.ROOT,
                        "output '%s' of vector %d%s: got %.6g, expected %.6g ± %.3g",
                        expected.name(),
                        index,
                        place,
                        found,
                        wanted,
                        tolerance));
            }
        }
    }

    private long medianNanos(List<List<Tensor>> inputs) throws RefusedException {
        long[] taken = new long[MAX_TIMED_CALLS];
        int calls = 0;
        long start = System.nanoTime();
        while (calls < MAX_TIMED_CALLS && System.nanoTime() - start < TIMED_NANOS) {
            requireTimeLeft(calls);
            long before = System.nanoTime();
            infer(calls % inputs.size(), inputs.get(calls % inputs.size()));
            taken[calls++] = System.nanoTime() - before;
        }
        Arrays.sort(taken, 0, calls);
        return taken[calls / 2];
    }

    private void requireTimeLeft(int index) throws RefusedException {
        if (System.nanoTime() - deadlineNanos > 0) {
            throw new RefusedException(
                    Refusal.SELF_TEST_TIMEOUT, "the self-test ran out of time at vector or call " + index);
        }
    }

    private static List<Tensor> tensors(int index, List<io.tinyfleet.protocol.v1.Tensor> protos)
            throws RefusedException {
        try {
            return protos.stream().map(Tensor::fromProto).toList();
        } catch (IllegalArgumentException e) {
            throw unreadable("vector " + index + " of the self-test: " + e.getMessage());
        }
    }

    private static Tensor find(int index, List<Tensor> answer, String name) throws RefusedException {
        for (Tensor tensor : answer) {
            if (tensor.name().equals(name)) {
                return tensor;
            }
        }
        throw failed("vector " + index + " expects an output '" + name + "', the model has " + answer);
    }

    private static double next(int index, Tensor tensor, ByteBuffer data) throws RefusedException {
        return switch (tensor.type()) {
            case FLOAT32 -> data.getFloat();
            case FLOAT64 -> data.getDouble();
            case INT8 -> data.get();
            case UINT8, BOOL -> Byte.toUnsignedInt(data.get());
            case INT16 -> data.getShort();
            case INT32 -> data.getInt();
            case INT64 -> data.getLong();
            default ->
                throw unreadable("vector " + index + ": outputs of type " + tensor.type() + " cannot be compared");
        };
    }

    private static long bytesOf(ElementType type) {
        return Tensor.byteSize("element", type, new long[0]);
    }

    private static RefusedException unreadable(String sentence) {
        return new RefusedException(Refusal.SELF_TEST_UNREADABLE, sentence);
    }

    private static RefusedException failed(String sentence) {
        return new RefusedException(Refusal.SELF_TEST_FAILED, sentence);
    }
}
