package io.tinyfleet.protocol.pipeline;

import io.tinyfleet.protocol.v1.BoxesResult;
import io.tinyfleet.protocol.v1.ChannelOrder;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.ImageInput;
import io.tinyfleet.protocol.v1.Pipeline;
import io.tinyfleet.protocol.v1.TensorLayout;
import io.tinyfleet.protocol.v1.TensorSpec;
import java.util.List;

/** The tensors that a pipeline with a result feeds to its model and reads from it. */
public final class PipelineTensors {

    private PipelineTensors() {}

    /** Exactly one for pictures, spectrograms and rows; none for audio frames. */
    public static List<TensorSpec> feeds(Pipeline pipeline) {
        return switch (pipeline.getKindCase()) {
            case IMAGE -> List.of(image(pipeline.getImage()));
            case MEL ->
                List.of(spec(
                        pipeline.getMel().getInput(),
                        pipeline.getMel().getType(),
                        pipeline.getMel().getShapeList()));
            case ROWS ->
                List.of(spec(
                        pipeline.getRows().getInput(),
                        pipeline.getRows().getType(),
                        pipeline.getRows().getShapeList()));
            case AUDIO_FRAMES, KIND_NOT_SET -> List.of();
        };
    }

    /** By name and, without a quantization, type FLOAT32; the unspecified type stands for INT8 or UINT8. No shapes. */
    public static List<TensorSpec> reads(Pipeline pipeline) {
        return switch (pipeline.getResultCase()) {
            case CLASSES ->
                List.of(read(
                        pipeline.getClasses().getOutput(), pipeline.getClasses().hasQuantization()));
            case SCORE ->
                List.of(read(
                        pipeline.getScore().getOutput(), pipeline.getScore().hasQuantization()));
            case BOXES -> {
                BoxesResult boxes = pipeline.getBoxes();
                yield List.of(read(boxes.getBoxesOutput(), false), read(boxes.getScoresOutput(), false));
            }
            case RESULT_NOT_SET -> List.of();
        };
    }

    private static TensorSpec image(ImageInput image) {
        long channels = image.getChannels() == ChannelOrder.GREY ? 1 : 3;
        long width = image.getWidth();
        long height = image.getHeight();
        List<Long> shape = image.getLayout() == TensorLayout.NCHW
                ? List.of(1L, channels, height, width)
                : List.of(1L, height, width, channels);
        return spec(image.getInput(), image.getType(), shape);
    }

    private static TensorSpec read(String name, boolean quantized) {
        return spec(name, quantized ? ElementType.ELEMENT_TYPE_UNSPECIFIED : ElementType.FLOAT32, List.of());
    }

    private static TensorSpec spec(String name, ElementType type, List<Long> shape) {
        return TensorSpec.newBuilder()
                .setName(name)
                .setType(type)
                .addAllShape(shape)
                .build();
    }
}
