package io.tinyfleet.registry.selftest;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.v1.AudioFrames;
import io.tinyfleet.protocol.v1.SelfTestVector;
import io.tinyfleet.protocol.v1.SelfTestVectors;
import io.tinyfleet.protocol.v1.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs a model on given inputs and writes down what it answers, as the blob by which devices test it. It loads native
 * code and runs the model: for tools, not for a server's request path.
 */
public final class SelfTestRecorder {
    private SelfTestRecorder() {}

    /**
     * Records the answers to each set of inputs.
     *
     * @param inputs one list of tensors for each inference, all of the model's inputs in each
     * @return a {@code SelfTestVectors} blob
     * @throws SelfTestRecordingException when the model does not load, does not run on the inputs, or answers what
     *     cannot be compared; and when the blob would be over {@link Limits#MAX_SELF_TEST_BYTES}
     */
    public static byte[] recordVectors(Path model, List<List<Tensor>> inputs) throws SelfTestRecordingException {
        if (inputs.isEmpty()) {
            throw new SelfTestRecordingException("a self-test needs at least one set of inputs");
        }
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        SelfTestVectors.Builder vectors = SelfTestVectors.newBuilder();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            // One thread: the order of additions, and so the answer, stays the same.
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            try (OrtSession session = environment.createSession(model.toString(), options)) {
                for (List<Tensor> set : inputs) {
                    vectors.addVectors(run(environment, session, set));
                }
            }
        } catch (OrtException | IllegalArgumentException e) {
            throw new SelfTestRecordingException(
                    "the model " + model.getFileName() + " gave no answer: " + e.getMessage(), e);
        }
        byte[] blob = vectors.build().toByteArray();
        if (blob.length > Limits.MAX_SELF_TEST_BYTES) {
            throw new SelfTestRecordingException("a self-test has at most " + Limits.MAX_SELF_TEST_BYTES
                    + " bytes, these vectors would have " + blob.length + ": record fewer");
        }
        return blob;
    }

    /**
     * Records the answers of a recurrent audio model to single frames of a recording.
     *
     * @param samples mono, at the pipeline's rate, in -1..1
     * @throws SelfTestRecordingException as {@link #recordVectors}
     */
    public static byte[] recordAudioFrames(Path model, AudioFrames pipeline, float[] samples, int maxVectors)
            throws SelfTestRecordingException {
        return recordVectors(model, AudioFrameInputs.cut(pipeline, samples, maxVectors));
    }

    private static SelfTestVector run(OrtEnvironment environment, OrtSession session, List<Tensor> inputs)
            throws OrtException {
        Map<String, OnnxTensor> fed = new LinkedHashMap<>();
        try {
            for (Tensor input : inputs) {
                fed.put(input.getName(), toOnnx(environment, input));
            }
            SelfTestVector.Builder vector = SelfTestVector.newBuilder().addAllInputs(inputs);
            try (OrtSession.Result result = session.run(fed)) {
                for (Map.Entry<String, OnnxValue> output : result) {
                    vector.addOutputs(fromOnnx(output.getKey(), output.getValue()));
                }
            }
            return vector.build();
        } finally {
            fed.values().forEach(OnnxTensor::close);
        }
    }

    private static OnnxTensor toOnnx(OrtEnvironment environment, Tensor tensor) throws OrtException {
        OnnxJavaType type = TensorElements.toOnnx(tensor);
        long[] shape = tensor.getShapeList().stream().mapToLong(Long::longValue).toArray();
        long bytes = type.size;
        for (long dimension : shape) {
            bytes = Math.multiplyExact(bytes, dimension);
        }
        if (bytes != tensor.getData().size()) {
            throw new IllegalArgumentException("input \"" + tensor.getName() + "\" has "
                    + tensor.getData().size() + " bytes where its shape needs " + bytes);
        }
        ByteBuffer buffer = ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.nativeOrder());
        tensor.getData().copyTo(buffer);
        buffer.flip();
        return OnnxTensor.createTensor(environment, buffer, shape, type);
    }

    private static Tensor fromOnnx(String name, OnnxValue value) {
        if (!(value instanceof OnnxTensor tensor)) {
            throw new IllegalArgumentException("output \"" + name + "\" is no tensor");
        }
        Tensor.Builder result =
                Tensor.newBuilder().setName(name).setType(TensorElements.fromOnnx(name, tensor.getInfo().type));
        for (long dimension : tensor.getInfo().getShape()) {
            result.addShape(dimension);
        }
        return result.setData(ByteString.copyFrom(tensor.getByteBuffer())).build();
    }
}
