package io.tinyfleet.agent.runtime;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Frames over a local socket, little-endian: {@code length:i32 id:i64 op:i8 deadlineMillis:i32 payload}, where
 * length counts what follows it. Both buffers are direct, start small, grow by doubling up to the cap and are
 * then kept. Owned by one thread at a time.
 */
public final class FrameChannel implements AutoCloseable {

    public static final int HEADER_BYTES = 17;
    private static final int LENGTH_BYTES = 4;
    private static final int FIRST_BUFFER_BYTES = 8 * 1024;

    private final SocketChannel channel;
    private final @Nullable Selector selector;
    private final int maxFrameBytes;
    private ByteBuffer out;
    private ByteBuffer in;
    private long id;
    private Op op = Op.OK;
    private int deadlineMillis;

    private FrameChannel(SocketChannel channel, @Nullable Selector selector, int maxFrameBytes) {
        if (maxFrameBytes < FIRST_BUFFER_BYTES) {
            throw new IllegalArgumentException(
                    "frames need room for at least " + FIRST_BUFFER_BYTES + " bytes, got " + maxFrameBytes);
        }
        this.channel = channel;
        this.selector = selector;
        this.maxFrameBytes = maxFrameBytes;
        this.out = newBuffer(FIRST_BUFFER_BYTES);
        this.in = newBuffer(FIRST_BUFFER_BYTES);
    }

    /** Waits for ever: for the side that lives only as long as the connection. */
    public static FrameChannel patient(SocketChannel channel, int maxFrameBytes) {
        return new FrameChannel(channel, null, maxFrameBytes);
    }

    /** Gives up at a deadline: for the side that must survive the other. */
    public static FrameChannel withDeadlines(SocketChannel channel, int maxFrameBytes) throws IOException {
        channel.configureBlocking(false);
        Selector selector = Selector.open();
        channel.register(selector, SelectionKey.OP_READ);
        return new FrameChannel(channel, selector, maxFrameBytes);
    }

    /** The payload to fill, with room for at least so many bytes. Ends with {@link #send}. */
    public ByteBuffer begin(long payloadBytes) throws FrameTooLargeException {
        long frameBytes = HEADER_BYTES + payloadBytes;
        if (frameBytes > maxFrameBytes) {
            throw new FrameTooLargeException(frameBytes, maxFrameBytes);
        }
        if (out.capacity() < frameBytes) {
            out = newBuffer(grown(out.capacity(), (int) frameBytes));
        }
        return out.clear().position(HEADER_BYTES);
    }

    /** @param deadlineNanos by {@link System#nanoTime()}; ignored by a patient channel */
    public void send(long frameId, Op frameOp, int frameDeadlineMillis, long deadlineNanos) throws IOException {
        out.flip();
        out.putInt(0, out.limit() - LENGTH_BYTES);
        out.putLong(4, frameId);
        out.put(12, frameOp.code());
        out.putInt(13, frameDeadlineMillis);
        while (out.hasRemaining()) {
            if (channel.write(out) == 0) {
                await(SelectionKey.OP_WRITE, deadlineNanos);
            }
        }
    }

    /** Reads one frame; false if the other side closed between two frames. */
    public boolean receive(long deadlineNanos) throws IOException {
        in.clear().limit(LENGTH_BYTES);
        if (!fill(deadlineNanos, true)) {
            return false;
        }
        int frameBytes = checkedFrameBytes(in.getInt(0));
        if (in.capacity() < frameBytes) {
            ByteBuffer larger = newBuffer(grown(in.capacity(), frameBytes));
            larger.putInt(in.getInt(0));
            in = larger;
        }
        in.limit(frameBytes).position(LENGTH_BYTES);
        fill(deadlineNanos, false);
        id = in.getLong(4);
        op = Op.fromCode(in.get(12));
        deadlineMillis = in.getInt(13);
        in.position(HEADER_BYTES);
        return true;
    }

    public long id() {
        return id;
    }

    public Op op() {
        return op;
    }

    public int deadlineMillis() {
        return deadlineMillis;
    }

    /** The payload of the frame read last; valid until the next receive. */
    public ByteBuffer payload() {
        return in;
    }

    private int checkedFrameBytes(int length) throws FrameException {
        if (length < HEADER_BYTES - LENGTH_BYTES || length > maxFrameBytes - LENGTH_BYTES) {
            throw new FrameException("a frame's length is " + (HEADER_BYTES - LENGTH_BYTES) + " to "
                    + (maxFrameBytes - LENGTH_BYTES) + ", got " + length);
        }
        return length + LENGTH_BYTES;
    }

    private boolean fill(long deadlineNanos, boolean mayEnd) throws IOException {
        while (in.hasRemaining()) {
            int read = channel.read(in);
            if (read < 0) {
                if (mayEnd && in.position() == 0) {
                    return false;
                }
                throw new FrameException("the connection ended inside a frame");
            }
            if (read == 0) {
                await(SelectionKey.OP_READ, deadlineNanos);
            }
        }
        return true;
    }

    private void await(int interest, long deadlineNanos) throws IOException {
        Selector waiter = selector;
        if (waiter == null) {
            return;
        }
        long left = deadlineNanos - System.nanoTime();
        if (left <= 0) {
            throw new DeadlinePassedException();
        }
        SelectionKey key = channel.keyFor(waiter);
        if (key == null) {
            throw new FrameException("the connection was closed");
        }
        if (key.interestOps() != interest) {
            key.interestOps(interest);
        }
        waiter.select(ready -> {}, TimeUnit.NANOSECONDS.toMillis(left) + 1);
        if (Thread.currentThread().isInterrupted()) {
            throw new FrameException("the thread was interrupted while it waited for the worker");
        }
    }

    private int grown(int capacity, int needed) {
        long size = capacity;
        while (size < needed) {
            size *= 2;
        }
        return (int) Math.min(size, maxFrameBytes);
    }

    private static ByteBuffer newBuffer(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() throws IOException {
        channel.close();
        if (selector != null) {
            selector.close();
        }
    }

    /** The other side took too long. */
    static final class DeadlinePassedException extends IOException {

        private static final long serialVersionUID = 1L;

        DeadlinePassedException() {
            super("the deadline passed");
        }
    }
}
