package io.tinyfleet.registry.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.kTfLiteAffineQuantization;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.kTfLiteOk;

import io.tinyfleet.registry.RealModels;
import io.tinyfleet.registry.TfliteBytes;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.tensorflowlite.BuiltinOpResolver;
import org.bytedeco.tensorflowlite.FlatBufferModel;
import org.bytedeco.tensorflowlite.Interpreter;
import org.bytedeco.tensorflowlite.InterpreterBuilder;
import org.bytedeco.tensorflowlite.TfLiteAffineQuantization;
import org.bytedeco.tensorflowlite.TfLiteIntArray;
import org.bytedeco.tensorflowlite.TfLiteTensor;
import org.bytedeco.tensorflowlite.global.tensorflowlite;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the inspection says of TFLite files is what the TFLite library says. */
class TfliteAgainstLibraryTest {
    @TempDir
    Path folder;

    @BeforeEach
    void the_library_is_for_this_machine() {
        Assumptions.assumeTrue(
                Loader.getPlatform().equals("linux-x86_64"), "the test has the library for linux-x86_64 only");
    }

    /** One tensor as the library describes it. */
    private record Described(String name, String type, List<Long> shape, Optional<String> quantization) {}

    private record Loaded(List<Described> inputs, List<Described> outputs, List<Described> all) {}

    @Test
    void the_real_models_are_understood_as_the_library_does() throws Exception {
        for (Path file : RealModels.all(".tflite")) {
            assertSame(file);
        }
    }

    @Test
    void scales_and_zero_points_are_the_library_s() throws Exception {
        Path file = Files.write(
                folder.resolve("int8.tflite"), TfliteBytes.int8Layer().bytes());
        assertSame(file);
        Inspection found = ModelInspector.inspect(file);
        assertThat(found.weights().quantized())
                .extracting(QuantizedTensor::name)
                .containsExactly("x", "w", "b", "y");
        AffineQuantization weights = found.weights().quantized().get(1).quantization();
        assertThat(weights.perChannel()).isTrue();
        assertThat(weights.axis()).isZero();
        assertThat(weights.scale(1)).isEqualTo(0.125f);
        assertThat(found.inputs().get(0).quantization().orElseThrow().zeroPoint(0))
                .isEqualTo(3);
    }

    @Test
    void a_custom_operator_is_refused_by_both() throws Exception {
        TfliteBytes model = new TfliteBytes()
                .custom("MyOp")
                .tensor(TfliteBytes.Tensor.computed("x", TfliteBytes.FLOAT32, 4))
                .tensor(TfliteBytes.Tensor.computed("y", TfliteBytes.FLOAT32, 4))
                .operator(0, new int[] {0}, 1)
                .ends(new int[] {0}, 1);
        Path file = Files.write(folder.resolve("custom.tflite"), model.bytes());
        assertThatThrownBy(() -> ModelInspector.inspect(file)).hasMessageContaining("\"MyOp\"");
        assertThatThrownBy(() -> load(file)).hasMessageContaining("allocate");
    }

    @Test
    void operators_have_the_library_s_numbers() throws Exception {
        int seen = 0;
        for (Field field : tensorflowlite.class.getFields()) {
            if (field.getName().startsWith("kTfLiteBuiltin")) {
                String name = field.getName().substring("kTfLiteBuiltin".length());
                assertThat(TfliteOperators.findName(field.getInt(null))
                                .orElseThrow()
                                .replace("_", ""))
                        .isEqualTo(name.toUpperCase(Locale.ROOT));
                seen++;
            }
        }
        assertThat(seen).isEqualTo(210);
    }

    private static void assertSame(Path file) throws Exception {
        Inspection found = ModelInspector.inspect(file);
        Loaded loaded = load(file);
        assertThat(describe(found.inputs())).as("inputs of %s", file).isEqualTo(loaded.inputs());
        assertThat(describe(found.outputs())).as("outputs of %s", file).isEqualTo(loaded.outputs());
        assertThat(found.weights().quantized().stream()
                        .map(tensor -> tensor.name() + " " + describe(tensor.quantization()))
                        .toList())
                .as("quantized tensors of %s", file)
                .isEqualTo(loaded.all().stream()
                        .filter(tensor -> tensor.quantization().isPresent())
                        .map(tensor ->
                                tensor.name() + " " + tensor.quantization().orElseThrow())
                        .toList());
    }

    private static List<Described> describe(List<TensorShape> tensors) {
        return tensors.stream()
                .map(tensor -> new Described(
                        tensor.name(),
                        tensor.type().name(),
                        tensor.shape(),
                        tensor.quantization().map(TfliteAgainstLibraryTest::describe)))
                .toList();
    }

    private static String describe(AffineQuantization quantization) {
        List<String> channels = IntStream.range(0, quantization.channels())
                .mapToObj(i -> quantization.scale(i) + "/" + quantization.zeroPoint(i))
                .toList();
        return channels + " along " + quantization.axis();
    }

    /** Loads it as a device does, and has its memory laid out. */
    private static Loaded load(Path file) {
        try (PointerScope scope = new PointerScope()) {
            FlatBufferModel model = FlatBufferModel.VerifyAndBuildFromFile(file.toString());
            assertThat(model).isNotNull();
            Interpreter interpreter = new Interpreter((Pointer) null);
            if (new InterpreterBuilder(model, new BuiltinOpResolver()).apply(interpreter) != kTfLiteOk) {
                throw new IllegalStateException("the library cannot build " + file);
            }
            List<Described> all = new ArrayList<>();
            for (int i = 0; i < interpreter.tensors_size(); i++) {
                all.add(describe(interpreter.tensor(i)));
            }
            Loaded loaded =
                    new Loaded(ends(interpreter.inputs(), all), ends(interpreter.outputs(), all), List.copyOf(all));
            if (interpreter.AllocateTensors() != kTfLiteOk) {
                throw new IllegalStateException("the library cannot allocate " + file);
            }
            return loaded;
        }
    }

    private static List<Described> ends(org.bytedeco.javacpp.IntPointer indexes, List<Described> all) {
        return IntStream.range(0, (int) indexes.limit())
                .mapToObj(i -> all.get(indexes.get(i)))
                .toList();
    }

    private static Described describe(TfLiteTensor tensor) {
        TfLiteIntArray signature = tensor.dims_signature();
        TfLiteIntArray dims = signature != null && signature.size() > 0 ? signature : tensor.dims();
        List<Long> shape = IntStream.range(0, dims == null ? 0 : dims.size())
                .mapToObj(i -> (long) dims.data(i))
                .toList();
        String type = tensorflowlite.TfLiteTypeGetName(tensor.type()).getString();
        boolean integer = type.startsWith("INT") || type.startsWith("UINT");
        return new Described(tensor.name().getString(), type, shape, integer ? quantization(tensor) : Optional.empty());
    }

    private static Optional<String> quantization(TfLiteTensor tensor) {
        if (tensor.quantization().type() != kTfLiteAffineQuantization) {
            return Optional.empty();
        }
        TfLiteAffineQuantization affine =
                new TfLiteAffineQuantization(tensor.quantization().params());
        if (affine.scale().size() == 0) {
            return Optional.empty();
        }
        // One zero point stands for all channels where they are the same.
        int lastZeroPoint = affine.zero_point().size() - 1;
        List<String> channels = IntStream.range(0, affine.scale().size())
                .mapToObj(
                        i -> affine.scale().data(i) + "/" + affine.zero_point().data(Math.min(i, lastZeroPoint)))
                .toList();
        return Optional.of(channels + " along " + (channels.size() == 1 ? 0 : affine.quantized_dimension()));
    }
}
