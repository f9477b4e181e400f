package io.tinyfleet.agent.serve;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Portable Network Graphics (ISO/IEC 15948), without interlacing: grey, colour and palette, transparency left out, 16
 * bits cut to 8. A hundred lines of our own, so that an agent which looks at pictures need not load the JDK's imaging.
 */
final class PngFile {

    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final int HEADER = 0x49484452;
    private static final int PALETTE = 0x504c5445;
    private static final int DATA = 0x49444154;
    private static final int END = 0x49454e44;

    private static final int GREY = 0;
    private static final int COLOUR = 2;
    private static final int INDEXED = 3;
    private static final int GREY_ALPHA = 4;
    private static final int COLOUR_ALPHA = 6;

    private final int width;
    private final int height;
    private final int bits;
    private final int kind;
    private final byte[] palette;

    private PngFile(int width, int height, int bits, int kind, byte[] palette) {
        this.width = width;
        this.height = height;
        this.bits = bits;
        this.kind = kind;
        this.palette = palette;
    }

    static boolean isPng(byte[] file) {
        return file.length > SIGNATURE.length
                && Arrays.equals(file, 0, SIGNATURE.length, SIGNATURE, 0, SIGNATURE.length);
    }

    static Image decode(byte[] file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(file).position(SIGNATURE.length);
        ByteArrayOutputStream packed = new ByteArrayOutputStream(file.length);
        byte[] palette = new byte[0];
        ByteBuffer header = null;
        while (in.remaining() >= 12) {
            int length = in.getInt();
            int type = in.getInt();
            if (length < 0 || length > in.remaining() - 4) {
                throw new IOException("a chunk is cut off");
            }
            if (type == HEADER) {
                header = in.slice(in.position(), length);
            } else if (type == PALETTE) {
                palette = Arrays.copyOfRange(file, in.position(), in.position() + length);
            } else if (type == DATA) {
                packed.write(file, in.position(), length);
            } else if (type == END) {
                break;
            }
            in.position(in.position() + length + 4);
        }
        if (header == null || header.remaining() != 13) {
            throw new IOException("it has no header");
        }
        int width = header.getInt();
        int height = header.getInt();
        ImageFile.requireSize(width, height);
        PngFile png = new PngFile(width, height, header.get(), header.get(), palette);
        header.position(12);
        if (header.get() != 0) {
            throw new IOException("interlaced PNG is not supported");
        }
        return png.decodeRows(packed.toByteArray());
    }

    private int samples() throws IOException {
        return switch (kind) {
            case GREY, INDEXED -> 1;
            case GREY_ALPHA -> 2;
            case COLOUR -> 3;
            case COLOUR_ALPHA -> 4;
            default -> throw new IOException("there is no colour type " + kind);
        };
    }

    private Image decodeRows(byte[] packed) throws IOException {
        boolean small = kind == GREY || kind == INDEXED;
        if (!(bits == 8 || bits == 16 && kind != INDEXED || small && (bits == 1 || bits == 2 || bits == 4))) {
            throw new IOException("colour type " + kind + " has no " + bits + " bits");
        }
        int pixelBytes = Math.max(1, samples() * bits / 8);
        int rowBytes = (width * samples() * bits + 7) / 8;
        byte[] row = new byte[rowBytes];
        byte[] above = new byte[rowBytes];
        int channels = kind == GREY || kind == GREY_ALPHA ? 1 : 3;
        byte[] pixels = new byte[width * height * channels];
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(packed);
            byte[] filter = new byte[1];
            for (int y = 0; y < height; y++) {
                inflate(inflater, filter);
                inflate(inflater, row);
                unfilter(filter[0], row, above, pixelBytes);
                for (int x = 0; x < width; x++) {
                    put(row, x, pixels, (y * width + x) * channels);
                }
                byte[] swap = above;
                above = row;
                row = swap;
            }
        } catch (DataFormatException e) {
            throw new IOException("its data cannot be unpacked");
        } finally {
            inflater.end();
        }
        return new Image(width, height, channels, pixels);
    }

    private static void inflate(Inflater inflater, byte[] target) throws IOException, DataFormatException {
        int got = 0;
        while (got < target.length) {
            int more = inflater.inflate(target, got, target.length - got);
            if (more == 0) {
                throw new IOException("its data ends too early");
            }
            got += more;
        }
    }

    private static void unfilter(int filter, byte[] row, byte[] above, int step) throws IOException {
        if (filter < 0 || filter > 4) {
            throw new IOException("there is no filter " + filter);
        }
        for (int i = 0; i < row.length; i++) {
            int left = i < step ? 0 : row[i - step] & 0xff;
            int up = above[i] & 0xff;
            int corner = i < step ? 0 : above[i - step] & 0xff;
            int predicted = switch (filter) {
                case 1 -> left;
                case 2 -> up;
                case 3 -> (left + up) / 2;
                case 4 -> paeth(left, up, corner);
                default -> 0;
            };
            row[i] += (byte) predicted;
        }
    }

    private static int paeth(int left, int up, int corner) {
        int estimate = left + up - corner;
        int toLeft = Math.abs(estimate - left);
        int toUp = Math.abs(estimate - up);
        int toCorner = Math.abs(estimate - corner);
        if (toLeft <= toUp && toLeft <= toCorner) {
            return left;
        }
        return toUp <= toCorner ? up : corner;
    }

    private void put(byte[] row, int x, byte[] pixels, int at) throws IOException {
        int bytes = bits / 8;
        switch (kind) {
            case GREY -> pixels[at] = (byte) (bits < 8 ? packed(row, x) * 255 / ((1 << bits) - 1) : row[x * bytes]);
            case GREY_ALPHA -> pixels[at] = row[x * 2 * bytes];
            case INDEXED -> {
                int entry = 3 * (bits < 8 ? packed(row, x) : row[x] & 0xff);
                if (entry + 3 > palette.length) {
                    throw new IOException("a pixel is not in the palette");
                }
                System.arraycopy(palette, entry, pixels, at, 3);
            }
            default -> {
                int from = x * (kind == COLOUR ? 3 : 4) * bytes;
                for (int c = 0; c < 3; c++) {
                    pixels[at + c] = row[from + c * bytes];
                }
            }
        }
    }

    private int packed(byte[] row, int x) {
        int bit = x * bits;
        return (row[bit / 8] & 0xff) >> (8 - bits - bit % 8) & ((1 << bits) - 1);
    }
}
