package io.tinyfleet.agent.serve;

/**
 * A picture of 8 bits a channel, row by row from the top left.
 *
 * @param channels 1 for grey, 3 for red, green, blue
 * @param pixels {@code width * height * channels} bytes, shared and not copied
 */
public record Image(int width, int height, int channels, byte[] pixels) {

    /** Two million pixels: six million bytes, what a small device can hold of one picture. */
    public static final int MAX_PIXELS = 1 << 21;

    public Image {
        if (width < 1 || height < 1 || (long) width * height > MAX_PIXELS) {
            throw new IllegalArgumentException(
                    "a picture has 1 to " + MAX_PIXELS + " pixels, got " + width + " x " + height);
        }
        if (channels != 1 && channels != 3) {
            throw new IllegalArgumentException("a picture has 1 or 3 channels, got " + channels);
        }
        if (pixels.length != width * height * channels) {
            throw new IllegalArgumentException("a picture of " + width + " x " + height + " x " + channels + " takes "
                    + width * height * channels + " bytes, got " + pixels.length);
        }
    }

    /** 0 to 255; channel 0 is red or grey. A grey picture has the same value in every channel. */
    int at(int x, int y, int channel) {
        return pixels[(y * width + x) * channels + (channels == 1 ? 0 : channel)] & 0xff;
    }
}
