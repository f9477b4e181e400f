package io.tinyfleet.server.model;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.SelfTestVector;
import io.tinyfleet.protocol.v1.SelfTestVectors;
import io.tinyfleet.protocol.v1.Tensor;
import java.util.Arrays;

/** Writes self-test blobs for tests. */
public final class SelfTestFile {
    private SelfTestFile() {}

    /** For {@link OnnxFile#plain}. */
    static SelfTestVectors plain() {
        return of(vector(floats("x", 1, 4), floats("y", 1, 4)));
    }

    static SelfTestVectors of(SelfTestVector... vectors) {
        return SelfTestVectors.newBuilder()
                .addAllVectors(Arrays.asList(vectors))
                .build();
    }

    static SelfTestVector vector(Tensor input, Tensor output) {
        return SelfTestVector.newBuilder().addInputs(input).addOutputs(output).build();
    }

    static Tensor floats(String name, long... shape) {
        Tensor.Builder tensor = Tensor.newBuilder().setName(name).setType(ElementType.FLOAT32);
        long elements = 1;
        for (long dimension : shape) {
            tensor.addShape(dimension);
            elements *= dimension;
        }
        return tensor.setData(ByteString.copyFrom(new byte[(int) elements * 4])).build();
    }
}
