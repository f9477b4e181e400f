package io.tinyfleet.agent.runtime.worker;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.tinyfleet.agent.runtime.Refusal;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An ONNX session whose input and output tensors are made once and used for every call of the same shapes: direct
 * and in native byte order, otherwise ONNX Runtime copies them silently. The first call of new input shapes learns
 * the shapes of the outputs, the following ones write into pinned buffers; a model whose output shapes depend on
 * the values is never pinned.
 */
final class OnnxModel implements LoadedModel {

    private static final Map<ElementType, OnnxJavaType> TYPES = Map.of(
            ElementType.FLOAT32, OnnxJavaType.FLOAT,
            ElementType.FLOAT64, OnnxJavaType.DOUBLE,
            ElementType.FLOAT16, OnnxJavaType.FLOAT16,
            ElementType.BFLOAT16, OnnxJavaType.BFLOAT16,
            ElementType.INT8, OnnxJavaType.INT8,
            ElementType.UINT8, OnnxJavaType.UINT8,
            ElementType.INT16, OnnxJavaType.INT16,
            ElementType.INT32, OnnxJavaType.INT32,
            ElementType.INT64, OnnxJavaType.INT64,
            ElementType.BOOL, OnnxJavaType.BOOL);

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final Map<String, TensorSpec> inputs;
    private final Map<String, TensorSpec> outputs;
    private final Map<String, Bound> boundInputs = new HashMap<>();
    private final Map<String, OnnxTensor> inputValues = new HashMap<>();
    private final Map<String, Bound> boundOutputs = new LinkedHashMap<>();
    private final Map<String, OnnxTensor> pinnedValues = new HashMap<>();
    private boolean outputShapesDependOnValues;

    private OnnxModel(
            OrtEnvironment environment,
            OrtSession session,
            Map<String, TensorSpec> inputs,
            Map<String, TensorSpec> outputs) {
        this.environment = environment;
        this.session = session;
        this.inputs = inputs;
        this.outputs = outputs;
    }

    /** Takes over the session, also if it throws. */
    static OnnxModel of(OrtEnvironment environment, OrtSession session) throws OrtException, RefusedException {
        try {
            return new OnnxModel(
                    environment,
                    session,
                    specs("input", session.getInputInfo()),
                    specs("output", session.getOutputInfo()));
        } catch (OrtException | RefusedException | RuntimeException e) {
            session.close();
            throw e;
        }
    }

    @Override
    public List<TensorSpec> inputs() {
        return List.copyOf(inputs.values());
    }

    @Override
    public List<TensorSpec> outputs() {
        return List.copyOf(outputs.values());
    }

    @Override
    public List<Tensor> infer(List<Tensor> given) throws RefusedException {
        bindInputs(given);
        try {
            return pinnedValues.isEmpty() ? inferAndLearn() : inferPinned();
        } catch (OrtException e) {
            throw new RefusedException(
                    Refusal.MODEL_ERROR, "ONNX Runtime cannot run the model: " + Sentences.firstOf(e));
        }
    }

    private void bindInputs(List<Tensor> given) throws RefusedException {
        if (given.size() != inputs.size()) {
            throw new RefusedException(
                    Refusal.BAD_INPUT, "the model takes the inputs " + inputs.keySet() + ", got " + given);
        }
        for (Tensor tensor : given) {
            Bound bound = boundInputs.get(tensor.name());
            if (bound == null || !bound.fits(tensor)) {
                bound = rebind(tensor);
            }
            bound.tensor.copyFrom(tensor);
        }
        if (inputValues.size() != inputs.size()) {
            throw new RefusedException(Refusal.BAD_INPUT, "an input is given twice: " + given);
        }
    }

    private Bound rebind(Tensor tensor) throws RefusedException {
        requireTaken(tensor);
        unpinOutputs();
        try {
            Bound fresh = Bound.of(environment, tensor.name(), tensor.type(), tensor.shape());
            Bound old = boundInputs.put(tensor.name(), fresh);
            inputValues.put(tensor.name(), fresh.value);
            if (old != null) {
                old.value.close();
            }
            return fresh;
        } catch (OrtException e) {
            throw new RefusedException(Refusal.BAD_INPUT, "input " + tensor + ": " + Sentences.firstOf(e));
        }
    }

    private void requireTaken(Tensor tensor) throws RefusedException {
        TensorSpec spec = inputs.get(tensor.name());
        if (spec == null) {
            throw new RefusedException(
                    Refusal.BAD_INPUT, "the model takes the inputs " + inputs.keySet() + ", got " + tensor);
        }
        long[] shape = tensor.shape();
        boolean fits = spec.getType() == tensor.type() && spec.getShapeCount() == shape.length;
        for (int i = 0; fits && i < shape.length; i++) {
            fits = spec.getShape(i) < 0 || spec.getShape(i) == shape[i];
        }
        if (!fits) {
            throw new RefusedException(
                    Refusal.BAD_INPUT,
                    "input '" + spec.getName() + "' is " + spec.getType() + spec.getShapeList() + ", got " + tensor);
        }
    }

    private List<Tensor> inferPinned() throws OrtException, RefusedException {
        try (OrtSession.Result ignored = session.run(inputValues, pinnedValues)) {
            return boundOutputs.values().stream().map(bound -> bound.tensor).toList();
        } catch (OrtException e) {
            // Either the shapes changed with the values or the model fails anyway: without pins it says which.
            unpinOutputs();
            List<Tensor> answer = inferAndLearn();
            outputShapesDependOnValues = true;
            unpinOutputs();
            return answer;
        }
    }

    private List<Tensor> inferAndLearn() throws OrtException, RefusedException {
        List<Tensor> answer = new ArrayList<>(outputs.size());
        try (OrtSession.Result result = session.run(inputValues)) {
            for (Map.Entry<String, OnnxValue> entry : result) {
                if (!(entry.getValue() instanceof OnnxTensor value)) {
                    throw new RefusedException(Refusal.MODEL_ERROR, "output '" + entry.getKey() + "' is not a tensor");
                }
                answer.add(copyOf(entry.getKey(), value));
            }
        }
        if (!outputShapesDependOnValues) {
            pin(answer);
        }
        return answer;
    }

    private void pin(List<Tensor> answer) throws OrtException {
        for (Tensor tensor : answer) {
            if (tensor.bytes() == 0) {
                unpinOutputs();
                return;
            }
            Bound bound = Bound.of(environment, tensor.name(), tensor.type(), tensor.shape());
            boundOutputs.put(tensor.name(), bound);
            pinnedValues.put(tensor.name(), bound.value);
        }
    }

    private void unpinOutputs() {
        pinnedValues.clear();
        boundOutputs.values().forEach(bound -> bound.value.close());
        boundOutputs.clear();
    }

    private static Tensor copyOf(String name, OnnxTensor value) throws RefusedException {
        TensorInfo info = value.getInfo();
        ByteBuffer bytes = value.getByteBuffer();
        if (bytes == null) {
            throw new RefusedException(Refusal.MODEL_ERROR, "output '" + name + "' has no bytes");
        }
        return new Tensor(name, elementType("output", name, info.type), info.getShape(), bytes);
    }

    private static Map<String, TensorSpec> specs(String side, Map<String, NodeInfo> nodes) throws RefusedException {
        Map<String, TensorSpec> specs = new LinkedHashMap<>();
        for (NodeInfo node : nodes.values()) {
            if (!(node.getInfo() instanceof TensorInfo info)) {
                throw new RefusedException(
                        Refusal.LOAD_FAILED, side + " '" + node.getName() + "' of the model is not a tensor");
            }
            TensorSpec.Builder spec = TensorSpec.newBuilder()
                    .setName(node.getName())
                    .setType(elementType(side, node.getName(), info.type));
            Arrays.stream(info.getShape()).forEach(spec::addShape);
            specs.put(node.getName(), spec.build());
        }
        return specs;
    }

    private static ElementType elementType(String side, String name, OnnxJavaType type) throws RefusedException {
        for (Map.Entry<ElementType, OnnxJavaType> entry : TYPES.entrySet()) {
            if (entry.getValue() == type) {
                return entry.getKey();
            }
        }
        throw new RefusedException(
                Refusal.LOAD_FAILED,
                side + " '" + name + "' has elements of type " + type + ", which are not supported");
    }

    @Override
    public void close() {
        unpinOutputs();
        boundInputs.values().forEach(bound -> bound.value.close());
        boundInputs.clear();
        try {
            session.close();
        } catch (OrtException e) {
            // The process ends next and takes the native memory with it.
            System.err.println("closing the session: " + Sentences.firstOf(e));
        }
    }

    /** Our buffer and ONNX Runtime's view of it. */
    private record Bound(Tensor tensor, OnnxTensor value) {

        static Bound of(OrtEnvironment environment, String name, ElementType type, long[] shape) throws OrtException {
            OnnxJavaType onnxType = TYPES.get(type);
            if (onnxType == null) {
                throw new OrtException("elements of type " + type + " are not supported");
            }
            ByteBuffer buffer = ByteBuffer.allocateDirect(Math.toIntExact(Tensor.byteSize(name, type, shape)))
                    .order(ByteOrder.nativeOrder());
            return new Bound(
                    new Tensor(name, type, shape, buffer),
                    OnnxTensor.createTensor(environment, buffer, shape, onnxType));
        }

        boolean fits(Tensor other) {
            return other.type() == tensor.type() && other.hasShape(tensor.shape());
        }
    }
}
