package io.tinyfleet.agent.api;

import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.v1.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One inference request: JSON, then the bytes of its binary tensors in their order (the binary tensor data extension).
 * Parsed in two passes over the body where it lies: first what is there and where, then numbers into tensors of a size
 * that is known.
 *
 * @param outputs what to answer, and whether as binary; empty for all
 */
record InferRequest(@Nullable String id, List<Tensor> inputs, Map<String, Boolean> outputs, boolean binaryByDefault) {

    private static final int MAX_TENSORS = 64;

    /** An input as the first pass found it: its data is JSON at a place, or binary of a size. */
    private static final class Found {
        private String name = "";
        private long @Nullable [] shape;
        private @Nullable Datatype datatype;
        private int jsonAt = -1;
        private long binaryBytes = -1;
    }

    private record Output(String name, @Nullable Boolean binary) {}

    /** @param jsonBytes how many bytes of the body are JSON; the rest is binary tensors */
    static InferRequest parse(byte[] body, int jsonBytes) throws HttpRefusal {
        JsonCursor json = new JsonCursor(body, 0, jsonBytes);
        List<Found> inputs = null;
        List<Output> outputs = new ArrayList<>();
        String id = null;
        boolean binary = false;
        json.expect('{');
        String name = json.nextName(true);
        for (; name != null; name = json.nextName(false)) {
            switch (name) {
                case "id" -> id = json.string();
                case "inputs" -> inputs = inputs(json);
                case "outputs" -> outputs = outputs(json);
                case "parameters" -> binary = flag(json, "binary_data_output").orElse(false);
                default -> json.skip();
            }
        }
        json.requireEnd();
        if (inputs == null || inputs.isEmpty()) {
            throw new HttpRefusal(400, "the request has no inputs");
        }
        Map<String, Boolean> wanted = new LinkedHashMap<>();
        for (Output output : outputs) {
            wanted.put(output.name(), output.binary() == null ? binary : output.binary());
        }
        return new InferRequest(id, tensors(inputs, body, jsonBytes), wanted, binary);
    }

    boolean isBinary(String output) {
        return outputs.getOrDefault(output, binaryByDefault);
    }

    // ---- the first pass

    private static List<Found> inputs(JsonCursor json) throws HttpRefusal {
        List<Found> inputs = new ArrayList<>();
        json.expect('[');
        for (boolean first = true; json.nextElement(first); first = false) {
            if (inputs.size() == MAX_TENSORS) {
                throw new HttpRefusal(400, "a request has at most " + MAX_TENSORS + " inputs");
            }
            inputs.add(input(json));
        }
        return inputs;
    }

    private static Found input(JsonCursor json) throws HttpRefusal {
        Found found = new Found();
        json.expect('{');
        String name = json.nextName(true);
        for (; name != null; name = json.nextName(false)) {
            switch (name) {
                case "name" -> found.name = json.string();
                case "shape" -> found.shape = shape(json);
                case "datatype" -> found.datatype = Datatype.parse(json.string());
                case "parameters" -> found.binaryBytes = size(json, "binary_data_size");
                case "data" -> {
                    json.peek();
                    found.jsonAt = json.position();
                    json.skip();
                }
                default -> json.skip();
            }
        }
        return found;
    }

    private static long[] shape(JsonCursor json) throws HttpRefusal {
        long[] shape = new long[Tensor.MAX_RANK];
        int rank = 0;
        json.expect('[');
        for (boolean first = true; json.nextElement(first); first = false) {
            String number = json.number();
            if (rank == shape.length) {
                throw new HttpRefusal(400, "a shape has at most " + Tensor.MAX_RANK + " dimensions");
            }
            if (!number.matches("[0-9]{1,18}")) {
                throw new HttpRefusal(400, "a dimension must be a whole number of at least 0, got " + number);
            }
            shape[rank++] = Long.parseLong(number);
        }
        return Arrays.copyOf(shape, rank);
    }

    private static List<Output> outputs(JsonCursor json) throws HttpRefusal {
        List<Output> outputs = new ArrayList<>();
        json.expect('[');
        for (boolean first = true; json.nextElement(first); first = false) {
            if (outputs.size() == MAX_TENSORS) {
                throw new HttpRefusal(400, "a request asks for at most " + MAX_TENSORS + " outputs");
            }
            json.expect('{');
            String wanted = "";
            Boolean binary = null;
            String name = json.nextName(true);
            for (; name != null; name = json.nextName(false)) {
                switch (name) {
                    case "name" -> wanted = json.string();
                    case "parameters" -> binary = flag(json, "binary_data").orElse(null);
                    default -> json.skip();
                }
            }
            outputs.add(new Output(wanted, binary));
        }
        return outputs;
    }

    private static Optional<Boolean> flag(JsonCursor json, String wanted) throws HttpRefusal {
        Optional<Boolean> flag = Optional.empty();
        json.expect('{');
        String name = json.nextName(true);
        for (; name != null; name = json.nextName(false)) {
            if (name.equals(wanted)) {
                flag = Optional.of(json.bool());
            } else {
                json.skip();
            }
        }
        return flag;
    }

    private static long size(JsonCursor json, String wanted) throws HttpRefusal {
        long size = -1;
        json.expect('{');
        String name = json.nextName(true);
        for (; name != null; name = json.nextName(false)) {
            if (name.equals(wanted)) {
                String number = json.number();
                if (!number.matches("[0-9]{1,9}")) {
                    throw new HttpRefusal(400, wanted + " must be a number of bytes, got " + number);
                }
                size = Long.parseLong(number);
            } else {
                json.skip();
            }
        }
        return size;
    }

    // ---- the second pass

    private static List<Tensor> tensors(List<Found> found, byte[] body, int jsonBytes) throws HttpRefusal {
        List<Tensor> tensors = new ArrayList<>(found.size());
        int binaryAt = jsonBytes;
        for (Found input : found) {
            long[] shape = input.shape;
            Datatype datatype = input.datatype;
            if (shape == null || datatype == null || input.name.isEmpty()) {
                throw new HttpRefusal(
                        400, "each input has a name, a shape and a datatype; '" + input.name + "' lacks one");
            }
            long bytes = byteSize(input.name, datatype, shape);
            ByteBuffer data;
            if (input.binaryBytes >= 0) {
                data = binary(input, bytes, body, binaryAt);
                binaryAt += (int) input.binaryBytes;
            } else if (input.jsonAt >= 0) {
                data = json(input, datatype, bytes, body, jsonBytes);
            } else {
                throw new HttpRefusal(400, "input '" + input.name + "' has neither data nor binary_data_size");
            }
            tensors.add(new Tensor(input.name, datatype.type(), shape, data));
        }
        if (binaryAt != body.length) {
            throw new HttpRefusal(
                    400,
                    (body.length - binaryAt) + " bytes stand after the last binary input; is"
                            + " Inference-Header-Content-Length right?");
        }
        return tensors;
    }

    private static long byteSize(String name, Datatype datatype, long[] shape) throws HttpRefusal {
        try {
            return Tensor.byteSize(name, datatype.type(), shape);
        } catch (IllegalArgumentException e) {
            throw new HttpRefusal(400, String.valueOf(e.getMessage()));
        }
    }

    private static ByteBuffer binary(Found input, long bytes, byte[] body, int at) throws HttpRefusal {
        if (input.jsonAt >= 0) {
            throw new HttpRefusal(400, "input '" + input.name + "' has both data and binary_data_size");
        }
        if (input.binaryBytes != bytes) {
            throw new HttpRefusal(
                    400,
                    "input '" + input.name + "' takes " + bytes + " bytes by its shape, binary_data_size is "
                            + input.binaryBytes);
        }
        if (bytes > body.length - at) {
            throw new HttpRefusal(
                    400,
                    "input '" + input.name + "' states " + bytes + " bytes of binary data, " + (body.length - at)
                            + " are there");
        }
        return ByteBuffer.wrap(body, at, (int) bytes);
    }

    private static ByteBuffer json(Found input, Datatype datatype, long bytes, byte[] body, int jsonBytes)
            throws HttpRefusal {
        // Each element takes at least one byte of JSON and a comma: an absurd shape allocates nothing.
        long elements = bytes / datatype.bytes();
        if (elements > jsonBytes) {
            throw new HttpRefusal(400, "input '" + input.name + "' has fewer elements than its shape says");
        }
        ByteBuffer data = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
        JsonCursor json = new JsonCursor(body, input.jsonAt, jsonBytes);
        elements(json, input, datatype, data, 0);
        if (data.hasRemaining()) {
            throw new HttpRefusal(
                    400,
                    "input '" + input.name + "' has " + data.position() / datatype.bytes()
                            + " elements, its shape says " + elements);
        }
        return data.flip();
    }

    /** Flat or in arrays of arrays, row by row. */
    private static void elements(JsonCursor json, Found input, Datatype datatype, ByteBuffer data, int depth)
            throws HttpRefusal {
        json.expect('[');
        for (boolean first = true; json.nextElement(first); first = false) {
            if (json.peek() == '[') {
                elements(json, input, datatype, data, depth + 1);
            } else if (data.remaining() < datatype.bytes()) {
                throw new HttpRefusal(400, "input '" + input.name + "' has more elements than its shape says");
            } else {
                datatype.read(json, data, input.name);
            }
        }
    }

    /** What this model takes, and what was sent instead; empty if it fits. */
    Optional<String> findMisfit(List<TensorSpec> specs) {
        String takes = "; the model takes " + TensorWords.of(specs);
        if (specs.isEmpty()) {
            return Optional.empty();
        }
        Set<String> given = new HashSet<>();
        for (Tensor input : inputs) {
            Optional<TensorSpec> spec =
                    specs.stream().filter(s -> s.getName().equals(input.name())).findFirst();
            if (spec.isEmpty()) {
                return Optional.of("there is no input '" + input.name() + "'" + takes);
            }
            if (!given.add(input.name())) {
                return Optional.of("input '" + input.name() + "' is given twice" + takes);
            }
            if (!TensorWords.fits(spec.get(), input)) {
                return Optional.of(
                        "input '" + input.name() + "' is " + TensorWords.of(input.type(), input.shape()) + takes);
            }
        }
        return specs.stream()
                .map(TensorSpec::getName)
                .filter(name -> !given.contains(name))
                .findFirst()
                .map(name -> "input '" + name + "' is missing" + takes);
    }

    /** The first wanted output that the model does not have. */
    Optional<String> findUnknownOutput(List<TensorSpec> specs) {
        return outputs.keySet().stream()
                .filter(name -> !specs.isEmpty()
                        && specs.stream().noneMatch(spec -> spec.getName().equals(name)))
                .findFirst()
                .map(name -> "there is no output '" + name + "'; the model answers " + TensorWords.of(specs));
    }
}
