package io.tinyfleet.agent.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FrameChannelTest {

    private static final int LIMIT = 64 * 1024;

    @TempDir
    Path folder;

    private SocketChannel worker;
    private FrameChannel agent;

    @BeforeEach
    void connect() throws IOException {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("s"));
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(address);
            worker = SocketChannel.open(address);
            agent = FrameChannel.withDeadlines(listener.accept(), LIMIT);
        }
    }

    @AfterEach
    void disconnect() throws IOException {
        agent.close();
        worker.close();
    }

    @Test
    void a_frame_arrives_as_it_was_sent_also_at_the_limit() throws Exception {
        FrameChannel sender = FrameChannel.patient(worker, LIMIT);
        for (int size : new int[] {0, 1, 10_000, LIMIT - FrameChannel.HEADER_BYTES}) {
            Thread other = new Thread(() -> send(sender, size));
            other.start();
            assertThat(agent.receive(soon())).isTrue();
            other.join();
            assertThat(agent.id()).isEqualTo(7);
            assertThat(agent.op()).isEqualTo(Op.INFER);
            assertThat(agent.deadlineMillis()).isEqualTo(42);
            assertThat(agent.payload().remaining()).isEqualTo(size);
        }
    }

    @Test
    void what_does_not_fit_is_not_sent() {
        assertThatThrownBy(() -> agent.begin(LIMIT - FrameChannel.HEADER_BYTES + 1))
                .isInstanceOf(FrameTooLargeException.class)
                .hasMessageContaining("the limit is " + LIMIT);
    }

    @Test
    void a_length_beyond_the_limit_is_refused_before_any_memory_is_taken() throws IOException {
        for (int length : new int[] {LIMIT - 3, Integer.MAX_VALUE, -1, 0, FrameChannel.HEADER_BYTES - 5}) {
            raw(ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(length)
                    .flip());
            assertThatThrownBy(() -> agent.receive(soon()))
                    .isInstanceOf(FrameException.class)
                    .hasMessageContaining("got " + length);
        }
    }

    @Test
    void an_unknown_code_is_refused() throws IOException {
        raw(header(13, (byte) 99));
        assertThatThrownBy(() -> agent.receive(soon()))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining("got 99");
    }

    @Test
    void an_end_between_frames_is_an_end_and_one_inside_is_an_error() throws Exception {
        raw(header(20, (byte) 5));
        worker.close();
        assertThatThrownBy(() -> agent.receive(soon()))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining("inside a frame");
        assertThat(agent.receive(soon())).isFalse();
    }

    @Test
    void silence_ends_at_the_deadline() {
        long deadline = System.nanoTime() + Duration.ofMillis(60).toNanos();
        assertThatThrownBy(() -> agent.receive(deadline)).isInstanceOf(FrameChannel.DeadlinePassedException.class);
        assertThat(System.nanoTime()).isGreaterThanOrEqualTo(deadline);
    }

    @Test
    void a_frame_that_stops_half_way_ends_at_the_deadline() throws IOException {
        raw(header(200, (byte) 5));
        long deadline = System.nanoTime() + Duration.ofMillis(60).toNanos();
        assertThatThrownBy(() -> agent.receive(deadline)).isInstanceOf(FrameChannel.DeadlinePassedException.class);
    }

    @Test
    void a_reader_that_does_not_read_ends_a_send_at_the_deadline() {
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 1000; i++) {
                        agent.begin(LIMIT - FrameChannel.HEADER_BYTES).position(LIMIT);
                        agent.send(
                                i,
                                Op.INFER,
                                0,
                                System.nanoTime() + Duration.ofMillis(60).toNanos());
                    }
                })
                .isInstanceOf(FrameChannel.DeadlinePassedException.class);
    }

    private static void send(FrameChannel sender, int size) {
        try {
            sender.begin(size).position(FrameChannel.HEADER_BYTES + size);
            sender.send(7, Op.INFER, 42, 0);
        } catch (IOException | FrameTooLargeException e) {
            throw new AssertionError(e);
        }
    }

    private static ByteBuffer header(int length, byte code) {
        return ByteBuffer.allocate(FrameChannel.HEADER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(length)
                .putLong(1)
                .put(code)
                .putInt(0)
                .flip();
    }

    private void raw(ByteBuffer bytes) throws IOException {
        worker.write(bytes);
    }

    private static long soon() {
        return System.nanoTime() + Duration.ofSeconds(10).toNanos();
    }
}
