package io.tinyfleet.agent.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.v1.Affine;
import io.tinyfleet.protocol.v1.ChannelOrder;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.ImageFit;
import io.tinyfleet.protocol.v1.ImageInput;
import io.tinyfleet.protocol.v1.Pipeline;
import io.tinyfleet.protocol.v1.TensorLayout;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ImageFeederTest {

    /** Twice as large by bilinear interpolation between pixel centres; the values are OpenCV's for INTER_LINEAR. */
    @Test
    void enlarging_gives_the_published_values() throws IOException {
        float[] values = fed(grey(2, 2, 0, 100, 200, 40), image(4, 4, ChannelOrder.GREY));
        assertThat(values)
                .containsExactly(
                        new float[] {0, 25, 75, 100, 50, 58.75f, 76.25f, 85, 150, 126.25f, 78.75f, 55, 200, 160, 80, 40
                        },
                        within(1e-4f));
    }

    @Test
    void the_same_size_changes_nothing() throws IOException {
        assertThat(fed(grey(3, 1, 7, 8, 9), image(3, 1, ChannelOrder.GREY))).containsExactly(7, 8, 9);
    }

    /** Four to two: each new centre lies in the middle of two old ones. */
    @Test
    void shrinking_takes_the_mean_of_the_neighbours() throws IOException {
        assertThat(fed(grey(4, 1, 10, 20, 40, 80), image(2, 1, ChannelOrder.GREY)))
                .containsExactly(15, 60);
    }

    @Test
    void a_wide_picture_is_letterboxed_in_the_middle_with_the_fill() throws IOException {
        ImageInput.Builder declared =
                image(4, 4, ChannelOrder.GREY).setFit(ImageFit.LETTERBOX).setFill(9);
        ImageFeeder feeder = feeder(grey(4, 2, 1, 2, 3, 4, 5, 6, 7, 8), declared);
        assertThat(floats(feeder.next().get(0))).containsExactly(9, 9, 9, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9);
        assertThat(feeder.placement()).isEqualTo(new ImageFeeder.Placement(0, 0.25, 1, 0.5));
    }

    @Test
    void a_tall_picture_is_letterboxed_at_its_sides() throws IOException {
        ImageFeeder feeder =
                feeder(grey(1, 2, 50, 60), image(2, 2, ChannelOrder.GREY).setFit(ImageFit.LETTERBOX));
        assertThat(floats(feeder.next().get(0))).containsExactly(50, 0, 60, 0);
    }

    @Test
    void scale_mean_and_deviation_are_taken_channel_by_channel() throws IOException {
        Image pixel = new Image(1, 1, 3, new byte[] {(byte) 255, 0, 51});
        ImageInput.Builder declared = image(1, 1, ChannelOrder.RGB)
                .setScale(1.0 / 255)
                .addAllMean(List.of(0.485, 0.456, 0.406))
                .addAllDeviation(List.of(0.229, 0.224, 0.225));
        assertThat(fed(pixel, declared))
                .containsExactly(
                        new float[] {(float) (0.515 / 0.229), (float) (-0.456 / 0.224), (float) (-0.206 / 0.225)},
                        within(1e-5f));
    }

    @Test
    void channels_are_ordered_and_laid_out_as_declared() throws IOException {
        Image two = new Image(2, 1, 3, new byte[] {1, 2, 3, 4, 5, 6});
        assertThat(fed(two, image(2, 1, ChannelOrder.RGB))).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(fed(two, image(2, 1, ChannelOrder.BGR))).containsExactly(3, 2, 1, 6, 5, 4);
        assertThat(fed(two, image(2, 1, ChannelOrder.RGB).setLayout(TensorLayout.NCHW)))
                .containsExactly(1, 4, 2, 5, 3, 6);
        Image red = new Image(1, 1, 3, new byte[] {100, 0, 0});
        assertThat(fed(red, image(1, 1, ChannelOrder.GREY))[0]).isCloseTo(29.9f, within(1e-4f));
        assertThat(fed(grey(1, 1, 77), image(1, 1, ChannelOrder.RGB))).containsExactly(77, 77, 77);
    }

    @Test
    void integers_are_made_by_the_tensors_own_quantization_and_end_at_its_range() throws IOException {
        ImageInput.Builder signed = image(3, 1, ChannelOrder.GREY)
                .setType(ElementType.INT8)
                .setScale(1.0 / 255)
                .setQuantization(Affine.newBuilder().setScale(1.0 / 255).setZeroPoint(-128));
        Tensor tensor = feeder(grey(3, 1, 0, 128, 255), signed).next().get(0);
        assertThat(bytes(tensor)).containsExactly((byte) -128, (byte) 0, (byte) 127);
        ImageInput.Builder unsigned = image(2, 1, ChannelOrder.GREY)
                .setType(ElementType.UINT8)
                .setScale(1)
                .setQuantization(Affine.newBuilder().setScale(0.5).setZeroPoint(10));
        assertThat(bytes(feeder(grey(2, 1, 3, 250), unsigned).next().get(0))).containsExactly((byte) 16, (byte) 255);
    }

    @Test
    void a_picture_that_cannot_be_is_refused() {
        assertThatThrownBy(() -> new Image(0, 1, 1, new byte[0]))
                .hasMessageContaining("1 to 2097152 pixels, got 0 x 1");
        assertThatThrownBy(() -> new Image(1, 1, 2, new byte[2])).hasMessageContaining("1 or 3 channels, got 2");
        assertThatThrownBy(() -> new Image(2, 2, 3, new byte[11])).hasMessageContaining("takes 12 bytes, got 11");
    }

    static ImageInput.Builder image(int width, int height, ChannelOrder channels) {
        return ImageInput.newBuilder()
                .setInput("x")
                .setWidth(width)
                .setHeight(height)
                .setFit(ImageFit.STRETCH)
                .setChannels(channels)
                .setLayout(TensorLayout.NHWC)
                .setType(ElementType.FLOAT32)
                .setScale(1);
    }

    private static Image grey(int width, int height, int... pixels) {
        byte[] bytes = new byte[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            bytes[i] = (byte) pixels[i];
        }
        return new Image(width, height, 1, bytes);
    }

    private static ImageFeeder feeder(Image image, ImageInput.Builder declared) {
        return new ImageFeeder(Pipeline.newBuilder().setImage(declared).build(), new ImageSource() {
            @Override
            public Image next() {
                return image;
            }

            @Override
            public String name() {
                return "one picture";
            }

            @Override
            public void close() {}
        });
    }

    private static float[] fed(Image image, ImageInput.Builder declared) throws IOException {
        return floats(feeder(image, declared).next().get(0));
    }

    private static float[] floats(Tensor tensor) {
        float[] values = new float[tensor.bytes() / Float.BYTES];
        for (int i = 0; i < values.length; i++) {
            values[i] = tensor.floatAt(i);
        }
        return values;
    }

    private static byte[] bytes(Tensor tensor) {
        byte[] bytes = new byte[tensor.bytes()];
        tensor.data().get(bytes);
        return bytes;
    }
}
