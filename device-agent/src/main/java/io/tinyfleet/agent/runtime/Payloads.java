package io.tinyfleet.agent.runtime;

import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.TensorSpec;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** How strings, tensors and their descriptions are laid out in a frame. Every count and length is capped. */
public final class Payloads {

    public static final int MAX_TENSORS = 64;
    private static final int MAX_TEXT_BYTES = 8 * 1024;
    private static final int TENSOR_HEADER_BYTES = 8;

    private Payloads() {}

    public static int textBytes(String text) {
        return 2 + 4 * Math.min(text.length(), MAX_TEXT_BYTES / 4);
    }

    /** Cuts what is over the cap. */
    public static void putText(ByteBuffer out, String text) {
        String fitting = text.length() <= MAX_TEXT_BYTES / 4 ? text : text.substring(0, MAX_TEXT_BYTES / 4);
        byte[] bytes = fitting.getBytes(StandardCharsets.UTF_8);
        out.putShort((short) bytes.length).put(bytes);
    }

    public static String getText(ByteBuffer in) throws FrameException {
        try {
            int length = Short.toUnsignedInt(in.getShort());
            requireAtMost("a text's bytes", length, Math.min(MAX_TEXT_BYTES, in.remaining()));
            byte[] bytes = new byte[length];
            in.get(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (BufferUnderflowException e) {
            throw truncated();
        }
    }

    public static long tensorsBytes(List<Tensor> tensors) {
        long bytes = 2;
        for (Tensor tensor : tensors) {
            bytes += textBytes(tensor.name())
                    + TENSOR_HEADER_BYTES
                    + (long) Tensor.MAX_RANK * Long.BYTES
                    + tensor.bytes();
        }
        return bytes;
    }

    public static void putTensors(ByteBuffer out, List<Tensor> tensors) {
        out.putShort((short) tensors.size());
        for (Tensor tensor : tensors) {
            putText(out, tensor.name());
            long[] shape = tensor.shape();
            out.put((byte) tensor.type().getNumber()).put((byte) shape.length);
            for (long dimension : shape) {
                out.putLong(dimension);
            }
            out.putInt(tensor.bytes()).put(tensor.data());
        }
    }

    /** Tensors over the frame's own memory: valid until the next frame. */
    public static List<Tensor> getTensors(ByteBuffer in) throws FrameException {
        try {
            int count = Short.toUnsignedInt(in.getShort());
            requireAtMost("the number of tensors", count, MAX_TENSORS);
            List<Tensor> tensors = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                tensors.add(getTensor(in));
            }
            return tensors;
        } catch (BufferUnderflowException e) {
            throw truncated();
        } catch (IllegalArgumentException e) {
            throw new FrameException(String.valueOf(e.getMessage()));
        }
    }

    /** Tensors with memory of their own. */
    public static List<Tensor> copyTensors(ByteBuffer in) throws FrameException {
        List<Tensor> copies = new ArrayList<>();
        for (Tensor view : getTensors(in)) {
            ByteBuffer copy = ByteBuffer.allocate(view.bytes()).put(view.data()).flip();
            copies.add(new Tensor(view.name(), view.type(), view.shape(), copy.order(ByteOrder.LITTLE_ENDIAN)));
        }
        return copies;
    }

    public static long specsBytes(List<TensorSpec> specs) {
        long bytes = 2;
        for (TensorSpec spec : specs) {
            bytes += textBytes(spec.getName()) + TENSOR_HEADER_BYTES + (long) Tensor.MAX_RANK * Long.BYTES;
        }
        return bytes;
    }

    public static void putSpecs(ByteBuffer out, List<TensorSpec> specs) {
        out.putShort((short) specs.size());
        for (TensorSpec spec : specs) {
            putText(out, spec.getName());
            out.put((byte) spec.getTypeValue()).put((byte) spec.getShapeCount());
            spec.getShapeList().forEach(out::putLong);
        }
    }

    public static List<TensorSpec> getSpecs(ByteBuffer in) throws FrameException {
        try {
            int count = Short.toUnsignedInt(in.getShort());
            requireAtMost("the number of tensors", count, MAX_TENSORS);
            List<TensorSpec> specs = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                TensorSpec.Builder spec =
                        TensorSpec.newBuilder().setName(getText(in)).setType(getType(in));
                for (long dimension : getShape(in)) {
                    spec.addShape(dimension);
                }
                specs.add(spec.build());
            }
            return specs;
        } catch (BufferUnderflowException e) {
            throw truncated();
        }
    }

    private static Tensor getTensor(ByteBuffer in) throws FrameException {
        String name = getText(in);
        ElementType type = getType(in);
        long[] shape = getShape(in);
        int bytes = in.getInt();
        requireAtMost("a tensor's bytes", bytes, in.remaining());
        ByteBuffer data = in.slice(in.position(), bytes);
        in.position(in.position() + bytes);
        return new Tensor(name, type, shape, data);
    }

    private static ElementType getType(ByteBuffer in) throws FrameException {
        int number = in.get();
        ElementType type = ElementType.forNumber(number);
        if (type == null) {
            throw new FrameException("no element type has the number " + number);
        }
        return type;
    }

    private static long[] getShape(ByteBuffer in) throws FrameException {
        int rank = in.get();
        requireAtMost("a tensor's rank", rank, Tensor.MAX_RANK);
        long[] shape = new long[rank];
        for (int i = 0; i < rank; i++) {
            shape[i] = in.getLong();
        }
        return shape;
    }

    private static void requireAtMost(String what, int value, int limit) throws FrameException {
        if (value < 0 || value > limit) {
            throw new FrameException(what + " must be 0 to " + limit + ", got " + value);
        }
    }

    private static FrameException truncated() {
        return new FrameException("a frame's payload ends too early");
    }
}
