package io.tinyfleet.registry.delta;

import io.tinyfleet.protocol.delta.BaseBytes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The tensors that an ONNX file stores: initializers of the graph and of the graphs inside it, and the values of
 * Constant nodes. Knows only the few protobuf fields on the way to them (onnx.proto: ModelProto 7, GraphProto 1 and 5,
 * NodeProto 5, AttributeProto 5, 6, 10 and 11, TensorProto 1, 2, 4, 8, 9 and 10). Owned by one thread.
 */
final class OnnxTable {
    private static final int MAX_DEPTH = 16;
    private static final int MAX_TENSORS = 100_000;
    private static final int MAX_DIMENSIONS = 32;

    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED32 = 5;

    private final FileFields file;
    private final List<TensorSpan> tensors = new ArrayList<>();
    private long at;

    private interface FieldReader {
        /** Is called for each length-delimited field and each number; {@code value} is the number. */
        void read(int field, long from, long to, long value) throws IOException, UnreadableTableException;
    }

    private OnnxTable(BaseBytes file) {
        this.file = new FileFields(file);
    }

    static List<TensorSpan> read(BaseBytes file) throws IOException, UnreadableTableException {
        OnnxTable table = new OnnxTable(file);
        table.fields(0, file.size(), (field, from, to, value) -> {
            if (field == 7) {
                table.graph(from, to, "", 0);
            }
        });
        return table.tensors;
    }

    private void graph(long begin, long end, String path, int depth) throws IOException, UnreadableTableException {
        if (depth > MAX_DEPTH) {
            throw new UnreadableTableException("graphs nested more than " + MAX_DEPTH + " deep");
        }
        int[] nodes = {0};
        fields(begin, end, (field, from, to, value) -> {
            if (field == 1) {
                node(from, to, path + nodes[0]++ + "/", depth);
            } else if (field == 5) {
                tensor(from, to, path);
            }
        });
    }

    private void node(long begin, long end, String path, int depth) throws IOException, UnreadableTableException {
        fields(begin, end, (field, from, to, value) -> {
            if (field == 5) {
                attribute(from, to, path, depth);
            }
        });
    }

    private void attribute(long begin, long end, String path, int depth) throws IOException, UnreadableTableException {
        fields(begin, end, (field, from, to, value) -> {
            if (field == 5 || field == 10) {
                tensor(from, to, path);
            } else if (field == 6 || field == 11) {
                graph(from, to, path, depth + 1);
            }
        });
    }

    private void tensor(long begin, long end, String path) throws IOException, UnreadableTableException {
        List<Long> shape = new ArrayList<>();
        String[] name = {""};
        long[] stored = {0, 0, 0};
        int[] type = {0};
        fields(begin, end, (field, from, to, value) -> {
            switch (field) {
                case 1 -> dimensions(shape, from, to, value);
                case 2 -> type[0] = (int) value;
                case 8 -> name[0] = file.text(from, to - from);
                case 4, 9, 10 -> {
                    stored[0] = from;
                    stored[1] = to - from;
                    stored[2] = field == 4 ? Float.BYTES : field == 10 ? Double.BYTES : 0;
                }
                default -> {}
            }
        });
        if (stored[1] > 0) {
            if (tensors.size() >= MAX_TENSORS) {
                throw new UnreadableTableException("more than " + MAX_TENSORS + " tensors");
            }
            int elementBytes = stored[2] > 0 ? (int) stored[2] : rawElementBytes(type[0]);
            long row = shape.size() < 2 ? 0 : shape.get(shape.size() - 1);
            tensors.add(new TensorSpan(path + name[0], stored[0], stored[1], elementBytes, Math.max(0, row)));
        }
    }

    private void dimensions(List<Long> shape, long from, long to, long value)
            throws IOException, UnreadableTableException {
        if (from == to) {
            shape.add(value);
        }
        long before = at;
        for (at = from; at < to && shape.size() <= MAX_DIMENSIONS; ) {
            shape.add(varint(to));
        }
        at = before;
        if (shape.size() > MAX_DIMENSIONS) {
            throw new UnreadableTableException("a tensor of more than " + MAX_DIMENSIONS + " dimensions");
        }
    }

    /** By TensorProto.DataType; what is not listed has one byte or is packed into bytes. */
    private static int rawElementBytes(int type) {
        return switch (type) {
            case 1, 6, 12 -> 4;
            case 4, 5, 10, 16 -> 2;
            case 7, 11, 13, 14 -> 8;
            default -> 1;
        };
    }

    private void fields(long begin, long end, FieldReader reader) throws IOException, UnreadableTableException {
        at = begin;
        while (at < end) {
            long tag = varint(end);
            int field = (int) (tag >>> 3);
            int type = (int) (tag & 7);
            long from = at;
            long to = at;
            long value = 0;
            switch (type) {
                case VARINT -> {
                    value = varint(end);
                    from = at;
                    to = at;
                }
                case FIXED64 -> to = from + Long.BYTES;
                case FIXED32 -> to = from + Integer.BYTES;
                case LENGTH_DELIMITED -> {
                    long length = varint(end);
                    from = at;
                    if (length < 0 || length > end - from) {
                        throw new UnreadableTableException(
                                "a part of " + length + " bytes at byte " + from + " in a message that ends at " + end);
                    }
                    to = from + length;
                }
                default -> throw new UnreadableTableException("wire type " + type + " at byte " + at);
            }
            if (type == VARINT || type == LENGTH_DELIMITED) {
                reader.read(field, from, to, value);
            }
            at = to;
        }
    }

    private long varint(long end) throws IOException, UnreadableTableException {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            if (at >= end) {
                throw new UnreadableTableException("a number that is cut off at byte " + at);
            }
            int part = file.unsignedByte(at++);
            value |= (long) (part & 0x7f) << shift;
            if (part < 0x80) {
                return value;
            }
        }
        throw new UnreadableTableException("a number of more than 64 bits at byte " + at);
    }
}
