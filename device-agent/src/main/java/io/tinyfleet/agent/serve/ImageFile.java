package io.tinyfleet.agent.serve;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** Pictures as files: PNG, JPEG, and PNM (P5, P6). Sizes are checked before memory is taken. */
final class ImageFile {

    static final int MAX_FILE_BYTES = 8 << 20;
    private static final int JPEG_MARK = 0xffd8;
    private static final int MAX_PNM_NUMBER = 65_535;

    private ImageFile() {}

    /** @throws SourceException if it is none of these, or too large, or damaged */
    static Image decode(String name, byte[] file) throws SourceException {
        if (file.length > MAX_FILE_BYTES) {
            throw new SourceException(name + " has " + file.length + " bytes, the limit is " + MAX_FILE_BYTES);
        }
        try {
            if (PngFile.isPng(file)) {
                return PngFile.decode(file);
            }
            if (file.length > 2 && ((file[0] & 0xff) << 8 | file[1] & 0xff) == JPEG_MARK) {
                return jpeg(file);
            }
            if (file.length > 2 && file[0] == 'P' && (file[1] == '5' || file[1] == '6')) {
                return pnm(file);
            }
        } catch (IOException | RuntimeException e) {
            throw new SourceException(name + " cannot be read as a picture: " + e.getMessage());
        }
        throw new SourceException(name + " is no PNG, JPEG or PNM (P5, P6) picture");
    }

    /** By the JDK, which loads its imaging code only when the first JPEG comes. */
    private static Image jpeg(byte[] file) throws IOException {
        ImageIO.setUseCache(false);
        try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(file))) {
            Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("jpeg");
            ImageReader reader = readers.next();
            try {
                reader.setInput(in, true, true);
                int width = reader.getWidth(0);
                int height = reader.getHeight(0);
                requireSize(width, height);
                BufferedImage decoded = reader.read(0);
                byte[] pixels = new byte[width * height * 3];
                int[] row = new int[width];
                for (int y = 0; y < height; y++) {
                    decoded.getRGB(0, y, width, 1, row, 0, width);
                    for (int x = 0; x < width; x++) {
                        int at = (y * width + x) * 3;
                        pixels[at] = (byte) (row[x] >> 16);
                        pixels[at + 1] = (byte) (row[x] >> 8);
                        pixels[at + 2] = (byte) row[x];
                    }
                }
                return new Image(width, height, 3, pixels);
            } finally {
                reader.dispose();
            }
        }
    }

    /** {@code P6 width height 255} and one byte of space, then the pixels. */
    private static Image pnm(byte[] file) throws IOException {
        int[] numbers = new int[3];
        int at = 2;
        for (int i = 0; i < numbers.length; i++) {
            while (at < file.length && (file[at] <= ' ' || file[at] == '#')) {
                if (file[at] == '#') {
                    while (at < file.length && file[at] != '\n') {
                        at++;
                    }
                } else {
                    at++;
                }
            }
            int from = at;
            while (at < file.length && file[at] >= '0' && file[at] <= '9') {
                at++;
            }
            String digits = new String(file, from, at - from, StandardCharsets.US_ASCII);
            if (!digits.matches("[0-9]{1,5}") || Integer.parseInt(digits) > MAX_PNM_NUMBER) {
                throw new IOException("its header is damaged");
            }
            numbers[i] = Integer.parseInt(digits);
        }
        at++;
        int channels = file[1] == '5' ? 1 : 3;
        requireSize(numbers[0], numbers[1]);
        int bytes = numbers[0] * numbers[1] * channels;
        if (numbers[2] != 0xff || file.length - at < bytes) {
            throw new IOException("it must have 8 bits a channel and all of its pixels");
        }
        byte[] pixels = new byte[bytes];
        System.arraycopy(file, at, pixels, 0, bytes);
        return new Image(numbers[0], numbers[1], channels, pixels);
    }

    static void requireSize(int width, int height) throws IOException {
        if (width < 1 || height < 1 || (long) width * height > Image.MAX_PIXELS) {
            throw new IOException(
                    "a picture has 1 to " + Image.MAX_PIXELS + " pixels, this one has " + width + " x " + height);
        }
    }
}
