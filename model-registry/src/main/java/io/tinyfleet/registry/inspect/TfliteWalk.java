package io.tinyfleet.registry.inspect;

import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.registry.inspect.FlatTable.Vector;
import io.tinyfleet.registry.inspect.ModelRefused.Code;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * One walk over a TFLite file (schema version 3, schema.fbs of TensorFlow 2.20; the numbers below are its field ids).
 * Tensor contents are not read; what is kept is bounded by the limits below, whatever the file says. Owned by one
 * thread, used once.
 */
final class TfliteWalk {
    static final String IDENTIFIER = "TFL3";
    static final int SCHEMA_VERSION = 3;
    static final int MAX_SUBGRAPHS = 1_000;
    static final int MAX_TENSORS = 100_000;
    static final int MAX_BUFFERS = 200_000;
    static final int MAX_OPERATORS = 200_000;
    static final int MAX_OPERATOR_KINDS = 2_000;
    static final int MAX_OPERATOR_ENDS = 10_000;
    static final int MAX_ALL_OPERATOR_ENDS = 2_000_000;
    static final int MAX_ALL_SCALES = 1_000_000;
    static final int MAX_METADATA = 64;
    static final int MAX_METADATA_VALUE_BYTES = 64;
    static final int MAX_ALL_NAMES_BYTES = 32 * 1024 * 1024;

    private static final String CUSTOM = "custom:";
    /** Custom operators that TFLite's XNNPACK delegate runs by itself (xnnpack_delegate.cc of TensorFlow 2.20). */
    private static final Set<String> XNNPACK_CUSTOM =
            Set.of(CUSTOM + "Convolution2DTransposeBias", CUSTOM + "MaxPoolingWithArgmax2D", CUSTOM + "MaxUnpooling2D");

    private static final Set<String> UNPACKING = Set.of("DEQUANTIZE", "DENSIFY");
    private static final int NO_TENSOR = -1;
    private static final int FIRST_BUFFER = 0;

    /** Bytes of a buffer, or nothing when its values are computed. */
    private record Stored(long offset, long length) {
        static final Stored NOTHING = new Stored(0, 0);

        boolean present() {
            return length > 0;
        }
    }

    private final LittleEndianFile file;
    private final Consumer<TensorLocation> located;
    private final SortedMap<String, Integer> operators = new TreeMap<>();
    private final SortedMap<String, Long> bytesByType = new TreeMap<>();
    private final SortedMap<String, String> metadata = new TreeMap<>();
    private final List<QuantizedTensor> quantized = new ArrayList<>();
    private final List<TensorShape> inputs = new ArrayList<>();
    private final List<TensorShape> outputs = new ArrayList<>();
    private final List<String> operatorNames = new ArrayList<>();
    private Vector buffers = Vector.NONE;
    private FlatTable model;
    private int tensors;
    private int operatorCount;
    private int operatorEnds;
    private int scales;
    private long namesBytes;
    private long storedBytes;
    private long largestAlive;

    private TfliteWalk(LittleEndianFile file, Consumer<TensorLocation> located) throws IOException, ModelRefused {
        this.file = file;
        this.located = located;
        this.model = FlatTable.at(file, file.u32(0, "root"), "model");
    }

    static Inspection inspect(ModelContent content, Consumer<TensorLocation> located) throws IOException, ModelRefused {
        return new TfliteWalk(new LittleEndianFile(content), located).run();
    }

    private Inspection run() throws IOException, ModelRefused {
        long version = Integer.toUnsignedLong(model.i32(0, 0, "schema version"));
        if (version != SCHEMA_VERSION) {
            throw new ModelRefused(
                    Code.UNSUPPORTED_VERSION,
                    "The file is a TFLite model of schema version " + version + ", runtimes load version "
                            + SCHEMA_VERSION + ". Convert the model with a TensorFlow of 2.x.");
        }
        buffers = model.vector(4, Integer.BYTES, MAX_BUFFERS, "buffers");
        readOperatorCodes();
        Vector subgraphs = model.vector(2, Integer.BYTES, MAX_SUBGRAPHS, "graphs");
        if (subgraphs.count() == 0) {
            throw new ModelRefused(
                    Code.NO_GRAPH, "The file is a TFLite model without a graph. Convert the model itself again.");
        }
        for (int i = 0; i < subgraphs.count(); i++) {
            readSubgraph(model.element(subgraphs, i, "graph"), i == 0);
        }
        readMetadata();
        if (inputs.isEmpty()) {
            throw new ModelRefused(
                    Code.NO_INPUTS,
                    "The graph takes no input, so it would always answer the same. Convert it with its inputs.");
        }
        if (outputs.isEmpty()) {
            throw new ModelRefused(Code.NO_OUTPUTS, "The graph has no output. Convert it with its outputs.");
        }
        String producer = model.text(3, OnnxWalk.MAX_NAME_BYTES, "description");
        return new Inspection(
                ModelFormat.TFLITE,
                SCHEMA_VERSION,
                inputs,
                outputs,
                operators,
                new TreeMap<>(),
                producer,
                new Weights(storedBytes, bytesByType, quantized),
                PeakRam.ofTflite(storedBytes, largestAlive),
                metadata);
    }

    private void readOperatorCodes() throws IOException, ModelRefused {
        Vector codes = model.vector(1, Integer.BYTES, MAX_OPERATOR_KINDS, "operator kinds");
        for (int i = 0; i < codes.count(); i++) {
            FlatTable code = model.element(codes, i, "operator kind");
            // Numbers up to 127 stood in a byte once; readers take the larger of the two fields.
            int number = Math.max((byte) code.u8(0, 0, "operator kind"), code.i32(3, 0, "operator kind"));
            if (number == TfliteOperators.CUSTOM) {
                operatorNames.add(CUSTOM + name(code.text(1, OnnxWalk.MAX_NAME_BYTES, "custom operator's name")));
                continue;
            }
            Optional<String> known = TfliteOperators.findName(number);
            if (known.isEmpty()) {
                throw new ModelRefused(
                        Code.UNSUPPORTED_OPERATOR,
                        "The model has the built-in operator number " + number + " (byte " + code.at()
                                + "), which TensorFlow Lite 2.20 does not know. Convert it for an older version.");
            }
            operatorNames.add(known.get());
        }
    }

    private void readSubgraph(FlatTable graph, boolean main) throws IOException, ModelRefused {
        Vector list = graph.vector(0, Integer.BYTES, MAX_TENSORS, "tensors");
        tensors += list.count();
        if (tensors > MAX_TENSORS) {
            throw tooMany("tensors", MAX_TENSORS);
        }
        Vector ins = graph.vector(1, Integer.BYTES, OnnxWalk.MAX_GRAPH_ENDS, "graph's inputs");
        Vector outs = graph.vector(2, Integer.BYTES, OnnxWalk.MAX_GRAPH_ENDS, "graph's outputs");
        TensorLives lives = new TensorLives(list.count());
        List<TensorShape> shapes = new ArrayList<>();
        for (int i = 0; i < list.count(); i++) {
            shapes.add(readTensor(graph.element(list, i, "tensor"), i, lives));
        }
        for (int i = 0; i < ins.count(); i++) {
            int tensor = tensorIndex(ins, i, shapes.size());
            lives.aliveFromStart(tensor);
            if (main) {
                inputs.add(requireTensor(shapes.get(tensor)));
            }
        }
        readOperators(graph, lives);
        for (int i = 0; i < outs.count(); i++) {
            int tensor = tensorIndex(outs, i, shapes.size());
            lives.aliveToEnd(tensor);
            if (main) {
                outputs.add(shapes.get(tensor));
            }
        }
        // Bodies of IF and WHILE run inside the main graph: their tensors come on top of its.
        long alive = lives.largestSum();
        largestAlive =
                main ? PeakRam.add(largestAlive, alive) : Math.max(largestAlive, PeakRam.add(largestAlive, alive));
    }

    private static TensorShape requireTensor(TensorShape input) throws ModelRefused {
        if (input.type() == ElementType.ELEMENT_TYPE_UNSPECIFIED) {
            throw new ModelRefused(
                    Code.UNSUPPORTED_INPUT,
                    "Input \"" + input.name()
                            + "\" has an element type that devices cannot feed. Convert the model with"
                            + " inputs of integers or floats.");
        }
        return input;
    }

    private TensorShape readTensor(FlatTable tensor, int index, TensorLives lives) throws IOException, ModelRefused {
        String name = name(tensor.text(3, OnnxWalk.MAX_NAME_BYTES, "tensor's name"));
        int number = (byte) tensor.u8(1, 0, "tensor's type");
        TfliteElement element = TfliteElement.find(number)
                .orElseThrow(() -> new ModelRefused(
                        Code.UNSUPPORTED_TENSOR_TYPE,
                        "Tensor \"" + name + "\" has the element type " + number + " (byte " + tensor.at()
                                + "), which TensorFlow Lite 2.20 does not know. Convert it for an older version."));
        List<Long> stated = readShape(tensor, 0, name);
        List<Long> signature = readShape(tensor, 7, name);
        if (!signature.isEmpty() && signature.size() != stated.size()) {
            throw file.corrupt("tensor \"" + name + "\" has two shapes of different rank", tensor.at());
        }
        Stored stored = stored(tensor.i32(2, 0, "tensor's buffer"), tensor.at());
        long bytes = checkedBytes(tensor, name, element, stated, stored);
        if (stored.present()) {
            storedBytes += stored.length();
            bytesByType.merge(word(element), stored.length(), Long::sum);
            located.accept(new TensorLocation(
                    name, word(element), stored.offset(), stored.length(), TensorLocation.rowOf(stated)));
        } else {
            lives.computed(index, bytes);
            if (tensor.u8(5, 0, "tensor's kind") != 0) {
                lives.aliveFromStart(index);
                lives.aliveToEnd(index);
            }
        }
        Optional<AffineQuantization> quantization = readQuantization(tensor, name, stated.size());
        if (quantization.isPresent() && element.integer()) {
            quantized.add(new QuantizedTensor(name, element.type(), quantization.get(), stored.present()));
        }
        return new TensorShape(
                name,
                element.type(),
                signature.isEmpty() ? stated : signature,
                element.integer() ? quantization : Optional.empty());
    }

    private List<Long> readShape(FlatTable tensor, int field, String name) throws IOException, ModelRefused {
        Vector dimensions = tensor.vector(field, Integer.BYTES, OnnxWalk.MAX_DIMENSIONS, "dimensions");
        List<Long> shape = new ArrayList<>();
        for (int i = 0; i < dimensions.count(); i++) {
            int dimension = file.i32(dimensions.first() + (long) i * Integer.BYTES, "dimensions");
            if (dimension < -1) {
                throw file.corrupt("tensor \"" + name + "\" has a dimension of " + dimension, dimensions.first());
            }
            shape.add((long) dimension);
        }
        return shape;
    }

    /** Where the values lie. Buffer 0 is empty by rule: it stands for "computed". */
    private Stored stored(int buffer, long at) throws IOException, ModelRefused {
        if (buffer < 0 || (buffer >= buffers.count() && buffer != FIRST_BUFFER)) {
            throw file.corrupt(
                    "a tensor has buffer " + Integer.toUnsignedString(buffer) + " of " + buffers.count(), at);
        }
        if (buffer == FIRST_BUFFER) {
            return Stored.NOTHING;
        }
        FlatTable table = model.element(buffers, buffer, "buffer");
        Vector data = table.vector(0, 1, Integer.MAX_VALUE, "buffer's content");
        if (data.count() > 0) {
            return new Stored(data.first(), data.count());
        }
        // Files over 2 GB keep contents behind the flatbuffer; 0 and 1 say that there are none.
        long offset = table.i64(1, 0, "buffer's offset");
        long length = table.i64(2, 0, "buffer's size");
        if (offset == 0 || offset == 1 || length == 0) {
            return Stored.NOTHING;
        }
        file.require(offset, length, "buffer's content");
        return new Stored(offset, length);
    }

    private long checkedBytes(FlatTable tensor, String name, TfliteElement element, List<Long> shape, Stored stored)
            throws IOException, ModelRefused {
        long elements = 1;
        for (long dimension : shape) {
            elements = PeakRam.multiply(elements, stored.present() ? dimension : Math.max(1, dimension));
        }
        long bits = PeakRam.multiply(elements, element.bits());
        long bytes = bits == Long.MAX_VALUE ? bits : (bits + 7) / 8;
        boolean sparse = tensor.has(6, "tensor's sparsity");
        if (stored.present() && element.bits() > 0 && !sparse && bytes != stored.length()) {
            throw file.corrupt(
                    "tensor \"" + name + "\" has " + stored.length() + " bytes where its shape needs " + bytes,
                    tensor.at());
        }
        return bytes;
    }

    private Optional<AffineQuantization> readQuantization(FlatTable tensor, String name, int rank)
            throws IOException, ModelRefused {
        if (!tensor.has(4, "quantization")) {
            return Optional.empty();
        }
        FlatTable parameters = tensor.table(4, "quantization");
        Vector scale = parameters.vector(2, Float.BYTES, MAX_ALL_SCALES, "scales");
        Vector zero = parameters.vector(3, Long.BYTES, MAX_ALL_SCALES, "zero points");
        if (scale.count() == 0) {
            return Optional.empty();
        }
        scales += scale.count();
        if (scales > MAX_ALL_SCALES) {
            throw tooMany("scales", MAX_ALL_SCALES);
        }
        // An old converter left zero points out where all were 0, or wrote a single one.
        if (zero.count() > 1 && zero.count() != scale.count()) {
            throw file.corrupt(
                    "tensor \"" + name + "\" has " + scale.count() + " scales and " + zero.count() + " zero points",
                    parameters.at());
        }
        int axis = parameters.i32(6, 0, "quantized dimension");
        if (scale.count() > 1 && (axis < 0 || axis >= rank)) {
            throw file.corrupt(
                    "tensor \"" + name + "\" has scales along dimension " + axis + " of " + rank, parameters.at());
        }
        float[] values = new float[scale.count()];
        long[] zeroPoints = new long[scale.count()];
        for (int i = 0; i < values.length; i++) {
            values[i] = file.f32(scale.first() + (long) i * Float.BYTES, "scales");
            if (zero.count() > 0) {
                zeroPoints[i] =
                        file.i64(zero.first() + (zero.count() == 1 ? 0L : (long) i * Long.BYTES), "zero points");
            }
            if (!(values[i] >= 0) || Float.isInfinite(values[i])) {
                throw file.corrupt("tensor \"" + name + "\" has a scale of " + values[i], parameters.at());
            }
        }
        return Optional.of(new AffineQuantization(values, zeroPoints, scale.count() > 1 ? axis : 0));
    }

    private void readOperators(FlatTable graph, TensorLives lives) throws IOException, ModelRefused {
        Vector list = graph.vector(3, Integer.BYTES, MAX_OPERATORS, "operators");
        operatorCount += list.count();
        if (operatorCount > MAX_OPERATORS) {
            throw tooMany("operators", MAX_OPERATORS);
        }
        for (int i = 0; i < list.count(); i++) {
            FlatTable operator = graph.element(list, i, "operator");
            int kind = operator.i32(0, 0, "operator's kind");
            if (kind < 0 || kind >= operatorNames.size()) {
                throw file.corrupt(
                        "an operator of kind " + Integer.toUnsignedString(kind) + " of " + operatorNames.size(),
                        operator.at());
            }
            String name = operatorNames.get(kind);
            refuseCustom(name);
            operators.merge(name, 1, Integer::sum);
            Vector ins = operator.vector(1, Integer.BYTES, MAX_OPERATOR_ENDS, "operator's inputs");
            Vector outs = operator.vector(2, Integer.BYTES, MAX_OPERATOR_ENDS, "operator's outputs");
            useEnds(ins, i, lives);
            useEnds(outs, i, lives);
            if (UNPACKING.contains(name) && ins.count() > 0 && outs.count() > 0) {
                keepUnpacked(ins, outs, lives);
            }
            useEnds(operator.vector(8, Integer.BYTES, MAX_OPERATOR_ENDS, "operator's intermediates"), i, lives);
        }
        lives.operators(list.count());
    }

    /** Stored weights that are made larger once are kept so. */
    private void keepUnpacked(Vector ins, Vector outs, TensorLives lives) throws IOException, ModelRefused {
        int packed = file.i32(ins.first(), "operator's tensor");
        int unpacked = file.i32(outs.first(), "operator's tensor");
        if (packed != NO_TENSOR && unpacked != NO_TENSOR && !lives.isComputed(packed)) {
            lives.aliveFromStart(unpacked);
            lives.aliveToEnd(unpacked);
        }
    }

    private static void refuseCustom(String operator) throws ModelRefused {
        if (operator.startsWith(CUSTOM) && !XNNPACK_CUSTOM.contains(operator)) {
            throw new ModelRefused(
                    Code.UNSUPPORTED_OPERATOR,
                    "The model has the custom operator \"" + operator.substring(CUSTOM.length())
                            + "\", which no device's runtime has: they have TensorFlow Lite's built-in ones. Convert it"
                            + " without custom and Flex operators.");
        }
    }

    private void useEnds(Vector ends, int operator, TensorLives lives) throws IOException, ModelRefused {
        operatorEnds += ends.count();
        if (operatorEnds > MAX_ALL_OPERATOR_ENDS) {
            throw tooMany("inputs and outputs of operators", MAX_ALL_OPERATOR_ENDS);
        }
        for (int i = 0; i < ends.count(); i++) {
            int tensor = file.i32(ends.first() + (long) i * Integer.BYTES, "operator's tensor");
            if (tensor == NO_TENSOR) {
                continue;
            }
            if (tensor < 0 || tensor >= lives.count()) {
                throw file.corrupt("an operator uses tensor " + tensor + " of " + lives.count(), ends.first());
            }
            lives.usedBy(tensor, operator);
        }
    }

    private int tensorIndex(Vector ends, int index, int count) throws IOException, ModelRefused {
        long at = ends.first() + (long) index * Integer.BYTES;
        int tensor = file.i32(at, "graph's ends");
        if (tensor < 0 || tensor >= count) {
            throw file.corrupt("the graph has tensor " + tensor + " of " + count + " as an input or output", at);
        }
        return tensor;
    }

    /** The converter's own note of the oldest runtime that can run the model. */
    private void readMetadata() throws IOException, ModelRefused {
        Vector entries = model.vector(6, Integer.BYTES, MAX_METADATA, "metadata");
        for (int i = 0; i < entries.count(); i++) {
            FlatTable entry = model.element(entries, i, "metadata");
            String key = name(entry.text(0, OnnxWalk.MAX_NAME_BYTES, "metadata's name"));
            Stored value = stored(entry.i32(1, 0, "metadata's buffer"), entry.at());
            if (key.equals("min_runtime_version") && value.present() && value.length() <= MAX_METADATA_VALUE_BYTES) {
                String text = file.text(value.offset(), value.length(), MAX_METADATA_VALUE_BYTES, "metadata")
                        .replace("\0", "")
                        .strip();
                if (!text.isEmpty()) {
                    metadata.put(key, text);
                }
            }
        }
    }

    private String name(String name) throws ModelRefused {
        namesBytes += name.length();
        if (namesBytes > MAX_ALL_NAMES_BYTES) {
            throw tooMany("characters in names", MAX_ALL_NAMES_BYTES);
        }
        return name;
    }

    private static String word(TfliteElement element) {
        return element.name().toLowerCase(Locale.ROOT);
    }

    private static ModelRefused tooMany(String what, int limit) {
        return new ModelRefused(
                Code.TOO_LARGE,
                "The model has more than " + limit + " " + what + ". Simplify it before the conversion.");
    }
}
