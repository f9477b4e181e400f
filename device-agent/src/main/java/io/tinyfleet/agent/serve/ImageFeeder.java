package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.pipeline.PipelineTensors;
import io.tinyfleet.protocol.v1.ChannelOrder;
import io.tinyfleet.protocol.v1.ImageFit;
import io.tinyfleet.protocol.v1.ImageInput;
import io.tinyfleet.protocol.v1.Pipeline;
import io.tinyfleet.protocol.v1.TensorLayout;
import io.tinyfleet.protocol.v1.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Pictures resized by bilinear interpolation between pixel centres (as OpenCV's INTER_LINEAR and TensorFlow's
 * {@code half_pixel_centers}), normalised and laid out as declared.
 */
final class ImageFeeder implements Feeder {

    /** Weights of red, green and blue in grey (ITU-R BT.601). */
    private static final double[] LUMA = {0.299, 0.587, 0.114};

    private final ImageSource source;
    private final ImageInput declared;
    private final int channels;
    private final double[] factor;
    private final double[] shift;
    private final Numbers numbers;
    private final Tensor tensor;
    private final List<Tensor> inputs;
    private Placement placement = new Placement(0, 0, 1, 1);

    /**
     * Where the picture lies in the tensor, in fractions of the tensor's width and height.
     *
     * @param left of the picture's left side
     */
    record Placement(double left, double top, double width, double height) {}

    ImageFeeder(Pipeline pipeline, ImageSource source) {
        this.source = source;
        this.declared = pipeline.getImage();
        this.channels = declared.getChannels() == ChannelOrder.GREY ? 1 : 3;
        this.factor = new double[channels];
        this.shift = new double[channels];
        for (int c = 0; c < channels; c++) {
            double mean = each(declared.getMeanList(), c, 0);
            double deviation = each(declared.getDeviationList(), c, 1);
            factor[c] = declared.getScale() / deviation;
            shift[c] = -mean / deviation;
        }
        this.numbers = new Numbers(declared.getType(), declared.hasQuantization() ? declared.getQuantization() : null);
        TensorSpec spec = PipelineTensors.feeds(pipeline).get(0);
        this.tensor = Tensor.zeros(
                spec.getName(),
                spec.getType(),
                spec.getShapeList().stream().mapToLong(Long::longValue).toArray());
        this.inputs = List.of(tensor);
    }

    static double each(List<Double> values, int index, double byDefault) {
        if (values.isEmpty()) {
            return byDefault;
        }
        return values.get(values.size() == 1 ? 0 : index);
    }

    @Override
    public List<Tensor> next() throws IOException {
        put(source.next());
        return inputs;
    }

    @Override
    public long frameNanos() {
        return 1_000_000_000L;
    }

    @Override
    public int memory() {
        return 0;
    }

    Placement placement() {
        return placement;
    }

    private void put(Image image) {
        int width = declared.getWidth();
        int height = declared.getHeight();
        int innerWidth = width;
        int innerHeight = height;
        if (declared.getFit() == ImageFit.LETTERBOX) {
            double ratio = Math.min((double) width / image.width(), (double) height / image.height());
            innerWidth = Math.max(1, (int) Math.round(image.width() * ratio));
            innerHeight = Math.max(1, (int) Math.round(image.height() * ratio));
        }
        int left = (width - innerWidth) / 2;
        int top = (height - innerHeight) / 2;
        placement = new Placement(
                (double) left / width,
                (double) top / height,
                (double) innerWidth / width,
                (double) innerHeight / height);
        ByteBuffer data = tensor.data();
        double[] pixel = new double[3];
        for (int y = 0; y < height; y++) {
            double sourceY = (y - top + 0.5) * image.height() / innerHeight - 0.5;
            for (int x = 0; x < width; x++) {
                boolean inside = x >= left && x < left + innerWidth && y >= top && y < top + innerHeight;
                if (inside) {
                    sample(image, (x - left + 0.5) * image.width() / innerWidth - 0.5, sourceY, pixel);
                } else {
                    Arrays.fill(pixel, declared.getFill());
                }
                put(data, x, y, pixel);
            }
        }
    }

    private void put(ByteBuffer data, int x, int y, double[] rgb) {
        for (int c = 0; c < channels; c++) {
            double value = switch (declared.getChannels()) {
                case GREY -> LUMA[0] * rgb[0] + LUMA[1] * rgb[1] + LUMA[2] * rgb[2];
                case BGR -> rgb[2 - c];
                default -> rgb[c];
            };
            int index = declared.getLayout() == TensorLayout.NCHW
                    ? (c * declared.getHeight() + y) * declared.getWidth() + x
                    : (y * declared.getWidth() + x) * channels + c;
            numbers.put(data, index, value * factor[c] + shift[c]);
        }
    }

    /** Between the four nearest pixel centres; beyond the outermost ones, those. */
    static void sample(Image image, double x, double y, double[] rgb) {
        double insideX = Math.max(0, Math.min(image.width() - 1.0, x));
        double insideY = Math.max(0, Math.min(image.height() - 1.0, y));
        int left = (int) insideX;
        int top = (int) insideY;
        int right = Math.min(image.width() - 1, left + 1);
        int bottom = Math.min(image.height() - 1, top + 1);
        double alongX = insideX - left;
        double alongY = insideY - top;
        for (int c = 0; c < 3; c++) {
            double above = image.at(left, top, c) * (1 - alongX) + image.at(right, top, c) * alongX;
            double below = image.at(left, bottom, c) * (1 - alongX) + image.at(right, bottom, c) * alongX;
            rgb[c] = above * (1 - alongY) + below * alongY;
        }
    }
}
