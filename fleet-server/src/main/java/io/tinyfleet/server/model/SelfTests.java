package io.tinyfleet.server.model;

import com.google.protobuf.InvalidProtocolBufferException;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.SelfTestVector;
import io.tinyfleet.protocol.v1.SelfTestVectors;
import io.tinyfleet.protocol.v1.Tensor;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads self-test blobs and says whether they speak of a given model. */
final class SelfTests {
    static final int MAX_VECTORS = 1000;
    static final int MAX_RANK = 8;

    private SelfTests() {}

    /** Why a blob is no self-test. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;
        private final String code;

        Refused(String code, String sentence) {
            super(sentence);
            this.code = code;
        }

        String code() {
            return code;
        }

        String sentence() {
            return String.valueOf(getMessage());
        }
    }

    static SelfTestVectors parse(byte[] bytes) throws Refused {
        SelfTestVectors vectors;
        try {
            vectors = SelfTestVectors.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new Refused("not-self-test", "the file is not a self-test: " + e.getMessage());
        }
        if (vectors.getVectorsCount() == 0) {
            throw new Refused("empty-self-test", "the self-test holds no vectors");
        }
        if (vectors.getVectorsCount() > MAX_VECTORS) {
            throw new Refused(
                    "self-test-too-large",
                    "the self-test holds " + vectors.getVectorsCount() + " vectors, at most " + MAX_VECTORS
                            + " are allowed");
        }
        for (int i = 0; i < vectors.getVectorsCount(); i++) {
            SelfTestVector vector = vectors.getVectors(i);
            checkTensors("vectors[" + i + "].inputs", vector.getInputsList());
            checkTensors("vectors[" + i + "].outputs", vector.getOutputsList());
        }
        return vectors;
    }

    private static void checkTensors(String place, List<Tensor> tensors) throws Refused {
        if (tensors.isEmpty()) {
            throw new Refused("malformed-self-test", place + " holds no tensors");
        }
        Set<String> names = new HashSet<>();
        for (Tensor tensor : tensors) {
            String where = place + " \"" + tensor.getName() + "\"";
            if (tensor.getName().isEmpty() || !names.add(tensor.getName())) {
                throw new Refused("malformed-self-test", where + " has no name of its own");
            }
            long expected = byteSize(tensor)
                    .orElseThrow(() -> new Refused(
                            "malformed-self-test", where + " has a type or shape that cannot be laid out in bytes"));
            if (expected != tensor.getData().size()) {
                throw new Refused(
                        "malformed-self-test",
                        where + " holds " + tensor.getData().size() + " bytes, its type and shape need " + expected);
            }
        }
    }

    private static Optional<Long> byteSize(Tensor tensor) {
        long bytes = elementBytes(tensor.getType());
        if (bytes == 0 || tensor.getShapeCount() > MAX_RANK) {
            return Optional.empty();
        }
        for (long dimension : tensor.getShapeList()) {
            // Far above any self-test blob, and low enough that the product cannot overflow.
            if (dimension < 0 || dimension > Integer.MAX_VALUE || bytes > Integer.MAX_VALUE) {
                return Optional.empty();
            }
            bytes *= dimension;
        }
        return Optional.of(bytes);
    }

    private static int elementBytes(ElementType type) {
        return switch (type) {
            case FLOAT64, INT64, UINT64 -> 8;
            case FLOAT32, INT32, UINT32 -> 4;
            case FLOAT16, BFLOAT16, INT16, UINT16 -> 2;
            case INT8, UINT8, BOOL -> 1;
            case STRING, ELEMENT_TYPE_UNSPECIFIED, UNRECOGNIZED -> 0;
        };
    }

    /** The first thing in the vectors that does not fit the model; empty when all of them do. */
    static Optional<String> misfit(SelfTestVectors vectors, InspectionView model) {
        for (int i = 0; i < vectors.getVectorsCount(); i++) {
            SelfTestVector vector = vectors.getVectors(i);
            Optional<String> misfit = misfit(vector.getInputsList(), model.inputs(), "input")
                    .or(() -> missing(vector.getInputsList(), model.inputs()))
                    .or(() -> misfit(vector.getOutputsList(), model.outputs(), "output"));
            if (misfit.isPresent()) {
                return Optional.of("vector " + i + ": " + misfit.get());
            }
        }
        return Optional.empty();
    }

    private static Optional<String> misfit(List<Tensor> tensors, List<TensorView> declared, String word) {
        for (Tensor tensor : tensors) {
            Optional<TensorView> place = declared.stream()
                    .filter(t -> t.name().equals(tensor.getName()))
                    .findFirst();
            if (place.isEmpty()) {
                return Optional.of("the model has no " + word + " named \"" + tensor.getName() + "\"");
            }
            if (place.get().type() != tensor.getType() || !place.get().takes(tensor.getShapeList())) {
                return Optional.of(word + " \"" + tensor.getName() + "\" is " + tensor.getType()
                        + TensorView.describe(tensor.getShapeList()) + ", the model has "
                        + place.get().describe());
            }
        }
        return Optional.empty();
    }

    private static Optional<String> missing(List<Tensor> tensors, List<TensorView> declared) {
        return declared.stream()
                .map(TensorView::name)
                .filter(name -> tensors.stream().noneMatch(t -> t.getName().equals(name)))
                .findFirst()
                .map(name -> "the model's input \"" + name + "\" is missing");
    }
}
