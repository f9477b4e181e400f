package io.tinyfleet.agent.runtime.worker;

import static org.bytedeco.tensorflowlite.global.tensorflowlite.kTfLiteOk;

import io.tinyfleet.agent.runtime.Refusal;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.tensorflowlite.BuiltinOpResolver;
import org.bytedeco.tensorflowlite.FlatBufferModel;
import org.bytedeco.tensorflowlite.Interpreter;
import org.bytedeco.tensorflowlite.InterpreterBuilder;
import org.bytedeco.tensorflowlite.TfLiteIntArray;
import org.bytedeco.tensorflowlite.TfLiteTensor;
import org.bytedeco.tensorflowlite.global.tensorflowlite;

/**
 * A TensorFlow Lite interpreter. Tensors are views of the interpreter's own memory, made once and made anew only when an
 * input has another shape; an output whose size is known only after a call is looked up after each. Everything native
 * is kept in fields and closed here: left to the garbage collector, it would pile up outside of the heap.
 */
final class TfliteModel implements LoadedModel {

    private static final int THREADS = 1;

    private static final Map<Integer, ElementType> TYPES = Map.ofEntries(
            Map.entry(tensorflowlite.kTfLiteFloat32, ElementType.FLOAT32),
            Map.entry(tensorflowlite.kTfLiteFloat64, ElementType.FLOAT64),
            Map.entry(tensorflowlite.kTfLiteFloat16, ElementType.FLOAT16),
            Map.entry(tensorflowlite.kTfLiteInt8, ElementType.INT8),
            Map.entry(tensorflowlite.kTfLiteInt16, ElementType.INT16),
            Map.entry(tensorflowlite.kTfLiteInt32, ElementType.INT32),
            Map.entry(tensorflowlite.kTfLiteInt64, ElementType.INT64),
            Map.entry(tensorflowlite.kTfLiteUInt8, ElementType.UINT8),
            Map.entry(tensorflowlite.kTfLiteUInt16, ElementType.UINT16),
            Map.entry(tensorflowlite.kTfLiteUInt32, ElementType.UINT32),
            Map.entry(tensorflowlite.kTfLiteUInt64, ElementType.UINT64),
            Map.entry(tensorflowlite.kTfLiteBool, ElementType.BOOL));

    private final FlatBufferModel model;
    private final BuiltinOpResolver resolver;
    private final Interpreter interpreter;
    private final List<TensorSpec> inputSpecs;
    private final List<TensorSpec> outputSpecs;
    private final List<Bound> inputs = new ArrayList<>();
    private final List<Bound> outputs = new ArrayList<>();

    /** A tensor's place in the interpreter and our view of its memory. */
    private record Bound(int index, TfLiteTensor tensor, Tensor view) {

        Bound at(Tensor next) {
            return new Bound(index, tensor, next);
        }
    }

    /** Takes over what is native, also if it throws. */
    private TfliteModel(FlatBufferModel model, BuiltinOpResolver resolver, Interpreter interpreter)
            throws RefusedException {
        this.model = model;
        this.resolver = resolver;
        this.interpreter = interpreter;
        try (PointerScope ignored = new PointerScope()) {
            inputSpecs = specs("input", interpreter.inputs());
            outputSpecs = specs("output", interpreter.outputs());
            allocate();
        } catch (RefusedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    static TfliteModel load(Path file) throws RefusedException {
        // The verifying call: the plain one takes the process down on files that are cut or spoiled.
        FlatBufferModel model = FlatBufferModel.VerifyAndBuildFromFile(file.toString());
        if (model == null || model.isNull()) {
            throw new RefusedException(
                    Refusal.LOAD_FAILED, "TensorFlow Lite cannot read the model: it is no sound TFLite file");
        }
        BuiltinOpResolver resolver = new BuiltinOpResolver();
        Interpreter interpreter = new Interpreter((Pointer) null);
        try (InterpreterBuilder builder = new InterpreterBuilder(model, resolver)) {
            if (builder.SetNumThreads(THREADS) != kTfLiteOk || builder.apply(interpreter) != kTfLiteOk) {
                throw refusedAtLoad("build an interpreter for the model");
            }
        } catch (RefusedException | RuntimeException e) {
            interpreter.close();
            resolver.close();
            model.close();
            throw e;
        }
        return new TfliteModel(model, resolver, interpreter);
    }

    private static RefusedException refusedAtLoad(String what) {
        return new RefusedException(
                Refusal.LOAD_FAILED,
                "TensorFlow Lite cannot " + what + ": an operator or a shape in it is not supported");
    }

    @Override
    public List<TensorSpec> inputs() {
        return inputSpecs;
    }

    @Override
    public List<TensorSpec> outputs() {
        return outputSpecs;
    }

    @Override
    public List<Tensor> infer(List<Tensor> given) throws RefusedException {
        if (given.size() != inputSpecs.size()) {
            throw wrongInputs(given.toString());
        }
        Tensor[] ordered = new Tensor[given.size()];
        boolean reshaped = false;
        for (Tensor tensor : given) {
            int place = place(tensor);
            if (ordered[place] != null) {
                throw new RefusedException(Refusal.BAD_INPUT, "an input is given twice: " + given);
            }
            ordered[place] = tensor;
            reshaped |= !tensor.hasShape(inputs.get(place).view().shape());
        }
        if (reshaped) {
            reshape(ordered);
        }
        for (int i = 0; i < ordered.length; i++) {
            inputs.get(i).view().copyFrom(ordered[i]);
        }
        if (interpreter.Invoke() != kTfLiteOk) {
            throw new RefusedException(Refusal.MODEL_ERROR, "TensorFlow Lite cannot run the model on this input");
        }
        return answer();
    }

    private RefusedException wrongInputs(String got) {
        return new RefusedException(
                Refusal.BAD_INPUT,
                "the model takes the inputs "
                        + inputSpecs.stream().map(TensorSpec::getName).toList() + ", got " + got);
    }

    private int place(Tensor tensor) throws RefusedException {
        for (int i = 0; i < inputSpecs.size(); i++) {
            if (inputSpecs.get(i).getName().equals(tensor.name())) {
                requireTaken(inputSpecs.get(i), tensor);
                return i;
            }
        }
        throw wrongInputs(tensor.toString());
    }

    private static void requireTaken(TensorSpec spec, Tensor tensor) throws RefusedException {
        long[] shape = tensor.shape();
        boolean fits = spec.getType() == tensor.type() && spec.getShapeCount() == shape.length;
        for (int i = 0; fits && i < shape.length; i++) {
            // Nothing of this library takes an empty dimension.
            fits = shape[i] > 0
                    && shape[i] <= Integer.MAX_VALUE
                    && (spec.getShape(i) < 0 || spec.getShape(i) == shape[i]);
        }
        if (!fits) {
            throw new RefusedException(
                    Refusal.BAD_INPUT,
                    "input '" + spec.getName() + "' is " + spec.getType() + spec.getShapeList() + ", got " + tensor);
        }
    }

    private void reshape(Tensor[] ordered) throws RefusedException {
        try (PointerScope ignored = new PointerScope()) {
            resize(ordered);
            allocate();
        }
    }

    private void resize(Tensor[] ordered) throws RefusedException {
        for (int i = 0; i < ordered.length; i++) {
            long[] shape = ordered[i].shape();
            int[] dimensions = new int[shape.length];
            for (int d = 0; d < shape.length; d++) {
                dimensions[d] = (int) shape[d];
            }
            if (interpreter.ResizeInputTensor(inputs.get(i).index(), dimensions) != kTfLiteOk) {
                throw new RefusedException(
                        Refusal.BAD_INPUT, "TensorFlow Lite does not take input " + ordered[i] + " in this shape");
            }
        }
    }

    /** Lays out the interpreter's memory and looks at each tensor where it now lies. */
    private void allocate() throws RefusedException {
        unbind();
        if (interpreter.AllocateTensors() != kTfLiteOk) {
            throw refusedAtLoad("lay out the model's memory");
        }
        bind(inputSpecs, interpreter.inputs(), inputs);
        bind(outputSpecs, interpreter.outputs(), outputs);
    }

    private void bind(List<TensorSpec> specs, IntPointer indexes, List<Bound> bound) throws RefusedException {
        for (int i = 0; i < specs.size(); i++) {
            int index = indexes.get(i);
            TfLiteTensor tensor = interpreter.tensor(index);
            tensor.retainReference();
            bound.add(new Bound(index, tensor, view(specs.get(i), tensor)));
        }
    }

    private List<Tensor> answer() throws RefusedException {
        for (int i = 0; i < outputs.size(); i++) {
            Bound output = outputs.get(i);
            if (output.tensor().allocation_type() == tensorflowlite.kTfLiteDynamic) {
                try (PointerScope ignored = new PointerScope()) {
                    outputs.set(i, output.at(view(outputSpecs.get(i), output.tensor())));
                }
            }
        }
        return outputs.stream().map(Bound::view).toList();
    }

    /** The tensor's memory as it is now; a dynamic output has none before the first call. */
    private static Tensor view(TensorSpec spec, TfLiteTensor tensor) throws RefusedException {
        TfLiteIntArray dims = tensor.dims();
        long[] shape = new long[dims == null ? 0 : dims.size()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = dims.data(i);
        }
        Pointer memory = tensor.data().data();
        long bytes = tensor.bytes();
        if (memory == null || memory.isNull()) {
            return Tensor.zeros(spec.getName(), spec.getType(), 0);
        }
        try {
            ByteBuffer buffer = new BytePointer(memory).capacity(bytes).asByteBuffer();
            return new Tensor(spec.getName(), spec.getType(), shape, buffer);
        } catch (IllegalArgumentException e) {
            throw new RefusedException(Refusal.MODEL_ERROR, "a tensor of the model cannot be read: " + e.getMessage());
        }
    }

    private List<TensorSpec> specs(String side, IntPointer indexes) throws RefusedException {
        List<TensorSpec> specs = new ArrayList<>();
        for (int i = 0; i < indexes.limit(); i++) {
            TfLiteTensor tensor = interpreter.tensor(indexes.get(i));
            String name = tensor.name() == null ? "" : tensor.name().getString();
            ElementType type = TYPES.get(tensor.type());
            if (type == null) {
                throw new RefusedException(
                        Refusal.LOAD_FAILED,
                        side + " '" + name + "' has elements of type "
                                + tensorflowlite.TfLiteTypeGetName(tensor.type())
                                        .getString()
                                + ", which are not supported");
            }
            TensorSpec.Builder spec = TensorSpec.newBuilder().setName(name).setType(type);
            // The signature says which dimensions are free; a model without one has none.
            TfLiteIntArray signature = tensor.dims_signature();
            TfLiteIntArray dims = signature != null && signature.size() > 0 ? signature : tensor.dims();
            for (int d = 0; dims != null && d < dims.size(); d++) {
                spec.addShape(dims.data(d));
            }
            specs.add(spec.build());
        }
        return List.copyOf(specs);
    }

    private void unbind() {
        inputs.forEach(bound -> bound.tensor().close());
        inputs.clear();
        outputs.forEach(bound -> bound.tensor().close());
        outputs.clear();
    }

    @Override
    public void close() {
        unbind();
        interpreter.close();
        resolver.close();
        model.close();
    }
}
