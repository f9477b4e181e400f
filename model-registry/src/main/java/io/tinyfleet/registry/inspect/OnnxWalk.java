package io.tinyfleet.registry.inspect;

import com.google.protobuf.InvalidProtocolBufferException;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.registry.inspect.ModelRefused.Code;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * One walk over an ONNX file (messages and field numbers of onnx.proto, IR version 1 to 13). Tensor contents are skipped;
 * what is kept is bounded by the limits below, whatever the file says. Owned by one thread, used once.
 */
final class OnnxWalk {
    /** Protobuf's own limit for one message. */
    static final long MAX_MODEL_BYTES = Integer.MAX_VALUE;

    static final int MAX_NAME_BYTES = 1024;
    static final int MAX_ALL_NAMES_BYTES = 32 * 1024 * 1024;
    static final int MAX_GRAPH_ENDS = 256;
    static final int MAX_DIMENSIONS = 32;
    static final int MAX_NODES = 1_000_000;
    static final int MAX_OPERATOR_KINDS = 2_000;
    static final int MAX_DOMAINS = 64;
    static final int MAX_DEPTH = 16;

    private static final Set<String> RUNTIME_DOMAINS = Set.of(
            "", "ai.onnx.ml", "com.microsoft", "com.microsoft.nchwc", "com.ms.internal.nhwc", "com.microsoft.dml");

    private static final long MAX_IR_VERSION = 1_000;
    private static final int FIRST_IR_VERSION_WITH_OPSETS = 3;

    private final ProtobufCursor cursor;
    private final SortedMap<String, Integer> operators = new TreeMap<>();
    private final SortedMap<String, Integer> opsets = new TreeMap<>();
    private final SortedMap<String, Long> bytesByType = new TreeMap<>();
    private final Set<String> functionDomains = new HashSet<>();
    private final Consumer<TensorLocation> located;
    private long largestComputed;
    private final List<TensorShape> inputs = new ArrayList<>();
    private final List<TensorShape> outputs = new ArrayList<>();
    private final Set<String> initializers = new HashSet<>();
    private long irVersion;
    private String producerName = "";
    private String producerVersion = "";
    private boolean graphSeen;
    private int nodes;
    private int namesBytes;
    private long parameterBytes;

    private OnnxWalk(ProtobufCursor cursor, Consumer<TensorLocation> located) {
        this.cursor = cursor;
        this.located = located;
    }

    static Inspection inspect(InputStream content, long size, Consumer<TensorLocation> located)
            throws IOException, ModelRefused {
        if (size > MAX_MODEL_BYTES) {
            throw new ModelRefused(
                    Code.TOO_LARGE,
                    "An ONNX file has at most " + MAX_MODEL_BYTES + " bytes, this one has " + size
                            + ". Quantize the model or split it.");
        }
        OnnxWalk walk = new OnnxWalk(new ProtobufCursor(content, (int) size), located);
        walk.run(size);
        return walk.result();
    }

    private void run(long size) throws IOException, ModelRefused {
        try {
            cursor.readFields(this::readModelField);
        } catch (InvalidProtocolBufferException e) {
            if (irVersion == 0) {
                throw notOnnx(size);
            }
            throw cursor.refusalOf(e);
        } catch (ModelRefused refusal) {
            if (irVersion == 0) {
                throw notOnnx(size);
            }
            throw refusal;
        }
        if (irVersion == 0) {
            throw notOnnx(size);
        }
    }

    private Inspection result() throws ModelRefused {
        if (!graphSeen) {
            throw new ModelRefused(
                    Code.NO_GRAPH,
                    "The file is an ONNX model of IR version " + irVersion
                            + " without a graph. Export the model itself, not only its metadata.");
        }
        if (opsets.isEmpty() && irVersion >= FIRST_IR_VERSION_WITH_OPSETS) {
            throw cursor.corrupt("it names no operator set, so nobody can say what its operators mean");
        }
        inputs.removeIf(input -> initializers.contains(input.name()));
        if (inputs.isEmpty()) {
            throw new ModelRefused(
                    Code.NO_INPUTS,
                    "The graph takes no input, so it would always answer the same. Export it with its inputs.");
        }
        if (outputs.isEmpty()) {
            throw new ModelRefused(Code.NO_OUTPUTS, "The graph has no output. Export it with its outputs.");
        }
        for (TensorShape input : inputs) {
            if (input.type() == ElementType.ELEMENT_TYPE_UNSPECIFIED) {
                throw new ModelRefused(
                        Code.UNSUPPORTED_INPUT,
                        "Input \"" + input.name() + "\" is no tensor of a known element type, and devices feed tensors"
                                + " only. Export the model with tensor inputs.");
            }
        }
        refuseForeignOperators();
        String producer = (producerName + " " + producerVersion).strip();
        return new Inspection(
                ModelFormat.ONNX,
                (int) irVersion,
                inputs,
                outputs,
                operators,
                opsets,
                producer,
                new Weights(parameterBytes, bytesByType, List.of()),
                PeakRam.ofOnnx(parameterBytes, inputs, outputs, largestComputed),
                new TreeMap<>());
    }

    private void readModelField(int field, int tag) throws IOException, ModelRefused {
        switch (field) {
            case 1 -> {
                long version = cursor.readVarint(tag);
                if (version < 1 || version > MAX_IR_VERSION) {
                    throw cursor.corrupt("an IR version of " + Long.toUnsignedString(version));
                }
                irVersion = version;
            }
            case 2 -> producerName = name(tag, "producer's name");
            case 3 -> producerVersion = name(tag, "producer's version");
            case 7 -> {
                if (graphSeen) {
                    throw cursor.corrupt("a second graph");
                }
                graphSeen = true;
                readGraph(tag, "", 0);
            }
            case 8 -> readOpset(tag);
            case 25 ->
                cursor.readMessage(tag, (inner, innerTag) -> {
                    switch (inner) {
                        case 7 -> readNode(innerTag, "function/", 1);
                        case 10 -> addFunctionDomain(name(innerTag, "function's domain"));
                        default -> cursor.skip(innerTag);
                    }
                });
            default -> {
                if (irVersion == 0 && field > 26) {
                    throw cursor.corrupt("a field that no ONNX model has");
                }
                cursor.skip(tag);
            }
        }
    }

    private void addFunctionDomain(String domain) throws ModelRefused {
        if (functionDomains.size() >= MAX_DOMAINS && !functionDomains.contains(domain)) {
            throw tooMany("domains of functions", MAX_DOMAINS);
        }
        functionDomains.add(domain);
    }

    /** ONNX Runtime as devices have it knows the domains of its own build, and what the model itself defines. */
    private void refuseForeignOperators() throws ModelRefused {
        for (String operator : operators.keySet()) {
            int colon = operator.lastIndexOf(':');
            String domain = colon < 0 ? "" : operator.substring(0, colon);
            if (!RUNTIME_DOMAINS.contains(domain) && !functionDomains.contains(domain)) {
                throw new ModelRefused(
                        Code.UNSUPPORTED_OPERATOR,
                        "The model has the operator \"" + operator.substring(colon + 1) + "\" of the domain \"" + domain
                                + "\", which no device's runtime has. Export it with standard operators only.");
            }
        }
    }

    private void readOpset(int tag) throws IOException, ModelRefused {
        String[] domain = {""};
        long[] version = {0};
        cursor.readMessage(tag, (field, inner) -> {
            switch (field) {
                case 1 -> domain[0] = name(inner, "operator set's domain");
                case 2 -> version[0] = cursor.readVarint(inner);
                default -> cursor.skip(inner);
            }
        });
        if (version[0] < 1 || version[0] > Integer.MAX_VALUE) {
            throw cursor.corrupt("an operator set of version " + version[0]);
        }
        if (opsets.size() >= MAX_DOMAINS) {
            throw tooMany("operator sets", MAX_DOMAINS);
        }
        opsets.put(domain[0].isEmpty() ? Inspection.STANDARD_DOMAIN : domain[0], (int) version[0]);
    }

    private void readGraph(int tag, String path, int depth) throws IOException, ModelRefused {
        if (depth > MAX_DEPTH) {
            throw new ModelRefused(
                    Code.TOO_LARGE,
                    "Graphs are nested more than " + MAX_DEPTH + " deep at byte " + cursor.offset()
                            + ". Export the model with flatter control flow.");
        }
        boolean top = depth == 0;
        int[] node = {0};
        cursor.readMessage(tag, (field, inner) -> {
            switch (field) {
                case 1 -> readNode(inner, path + node[0]++ + "/", depth);
                case 5 -> {
                    String name = readTensor(inner, path);
                    if (top) {
                        initializers.add(name);
                    }
                }
                case 11 -> readEnd(inner, top, inputs, "inputs");
                case 12 -> readEnd(inner, top, outputs, "outputs");
                case 13 -> largestComputed = Math.max(largestComputed, PeakRam.bytesOf(readValueInfo(inner)));
                case 15 -> readSparseTensor(inner, path, top);
                default -> cursor.skip(inner);
            }
        });
    }

    private void readEnd(int tag, boolean top, List<TensorShape> ends, String what) throws IOException, ModelRefused {
        if (!top) {
            cursor.skip(tag);
            return;
        }
        // Old files list every initializer among the inputs too; those are counted apart.
        TensorShape end = readValueInfo(tag);
        if (initializers.contains(end.name())) {
            return;
        }
        if (ends.size() >= MAX_GRAPH_ENDS) {
            throw tooMany(what, MAX_GRAPH_ENDS);
        }
        ends.add(end);
    }

    private void readNode(int tag, String path, int depth) throws IOException, ModelRefused {
        nodes++;
        if (nodes > MAX_NODES) {
            throw tooMany("nodes", MAX_NODES);
        }
        String[] operator = {""};
        String[] domain = {""};
        cursor.readMessage(tag, (field, inner) -> {
            switch (field) {
                case 4 -> operator[0] = name(inner, "operator's name");
                case 5 -> readAttribute(inner, path, depth);
                case 7 -> domain[0] = name(inner, "operator's domain");
                default -> cursor.skip(inner);
            }
        });
        if (operator[0].isEmpty()) {
            throw cursor.corrupt("a node without an operator ends");
        }
        boolean standard = domain[0].isEmpty() || domain[0].equals(Inspection.STANDARD_DOMAIN);
        operators.merge(standard ? operator[0] : domain[0] + ":" + operator[0], 1, Integer::sum);
        if (operators.size() > MAX_OPERATOR_KINDS) {
            throw tooMany("kinds of operators", MAX_OPERATOR_KINDS);
        }
    }

    private void readAttribute(int tag, String path, int depth) throws IOException, ModelRefused {
        cursor.readMessage(tag, (field, inner) -> {
            switch (field) {
                case 5, 10 -> readTensor(inner, path);
                case 6, 11 -> readGraph(inner, path, depth + 1);
                case 22, 23 -> readSparseTensor(inner, path, false);
                default -> cursor.skip(inner);
            }
        });
    }

    private void readSparseTensor(int tag, String path, boolean initializer) throws IOException, ModelRefused {
        cursor.readMessage(tag, (field, inner) -> {
            switch (field) {
                case 1 -> {
                    String name = readTensor(inner, path);
                    if (initializer) {
                        initializers.add(name);
                    }
                }
                case 2 -> readTensor(inner, path);
                default -> cursor.skip(inner);
            }
        });
    }

    /** Walks over a stored tensor and checks that it has as many bytes as its shape says. Returns its name. */
    private String readTensor(int tag, String path) throws IOException, ModelRefused {
        StoredTensor tensor = new StoredTensor(cursor);
        cursor.readMessage(tag, (field, inner) -> {
            if (field == 8) {
                tensor.name = name(inner, "tensor's name");
            } else {
                tensor.readField(field, inner);
            }
        });
        long bytes = tensor.checkedBytes();
        parameterBytes += bytes;
        if (bytes > 0) {
            bytesByType.merge(tensor.typeWord(), bytes, Long::sum);
        }
        tensor.location(path).ifPresent(located);
        return tensor.name;
    }

    private TensorShape readValueInfo(int tag) throws IOException, ModelRefused {
        String[] name = {""};
        long[] type = {0};
        List<Long> shape = new ArrayList<>();
        cursor.readMessage(tag, (field, inner) -> {
            switch (field) {
                case 1 -> name[0] = name(inner, "name of an input or output");
                case 2 ->
                    cursor.readMessage(inner, (kind, kindTag) -> {
                        if (kind == 1) {
                            readTensorType(kindTag, type, shape);
                        } else {
                            cursor.skip(kindTag);
                        }
                    });
                default -> cursor.skip(inner);
            }
        });
        if (name[0].isEmpty()) {
            throw cursor.corrupt("an input or output without a name ends");
        }
        return new TensorShape(name[0], OnnxElements.typeOf(type[0]), shape);
    }

    private void readTensorType(int tag, long[] type, List<Long> shape) throws IOException, ModelRefused {
        cursor.readMessage(tag, (field, inner) -> {
            switch (field) {
                case 1 -> type[0] = cursor.readVarint(inner);
                case 2 ->
                    cursor.readMessage(inner, (part, dimensionTag) -> {
                        if (part != 1) {
                            cursor.skip(dimensionTag);
                            return;
                        }
                        if (shape.size() >= MAX_DIMENSIONS) {
                            throw tooMany("dimensions", MAX_DIMENSIONS);
                        }
                        shape.add(readDimension(dimensionTag));
                    });
                default -> cursor.skip(inner);
            }
        });
    }

    private long readDimension(int tag) throws IOException, ModelRefused {
        long[] value = {-1};
        cursor.readMessage(tag, (field, inner) -> {
            if (field == 1) {
                // Some exporters write 0 or -1 for a free dimension.
                value[0] = cursor.readVarint(inner);
            } else {
                cursor.skip(inner);
            }
        });
        return value[0] <= 0 ? -1 : value[0];
    }

    private String name(int tag, String what) throws IOException, ModelRefused {
        String name = cursor.readText(tag, MAX_NAME_BYTES, what);
        namesBytes += name.length();
        if (namesBytes > MAX_ALL_NAMES_BYTES) {
            throw new ModelRefused(
                    Code.TOO_LARGE,
                    "The names in the model have more than " + MAX_ALL_NAMES_BYTES + " bytes at byte " + cursor.offset()
                            + ". Export the model with shorter names.");
        }
        return name;
    }

    private ModelRefused tooMany(String what, int limit) {
        return new ModelRefused(
                Code.TOO_LARGE,
                "The model has more than " + limit + " " + what + " (byte " + cursor.offset()
                        + "). Simplify it before the export.");
    }

    private ModelRefused notOnnx(long size) {
        return new ModelRefused(
                Code.UNKNOWN_FORMAT,
                "The file of " + size + " bytes does not begin as a model does (no ONNX IR version up to byte "
                        + cursor.offset()
                        + ", no TFLite identifier, no GGUF magic). Upload an .onnx, .tflite or .gguf file.");
    }
}
