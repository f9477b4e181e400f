package io.tinyfleet.agent;

import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.log.EventLog;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Answers on the device how the running agent is: whoever connects to {@code status.sock} in the home gets one answer,
 * JSON and text with a zero byte between, and the end. For the agent's own user alone.
 */
final class StatusSocket implements AutoCloseable {
    private static final EventLog LOG = EventLog.of("status");
    private static final int STACK_BYTES = 256 * 1024;
    private static final int MAX_ANSWER_BYTES = 1 << 20;

    private final ServerSocketChannel listener;
    private final Path file;

    private StatusSocket(ServerSocketChannel listener, Path file) {
        this.listener = listener;
        this.file = file;
    }

    /** What the running agent says, in both forms. */
    record Answer(String json, String text) {}

    /** Nobody else can hold the socket while we hold the home's lock. An agent that cannot have one goes on without. */
    static Optional<StatusSocket> open(AgentHome home, Supplier<LiveStatus> status) {
        Path file = home.statusSocket();
        try {
            Files.deleteIfExists(file);
            ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            StatusSocket socket = new StatusSocket(listener, file);
            listener.bind(UnixDomainSocketAddress.of(file), 4);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            Thread thread = new Thread(null, () -> socket.serve(status), "status", STACK_BYTES);
            thread.setDaemon(true);
            thread.start();
            return Optional.of(socket);
        } catch (IOException e) {
            LOG.warn("status-not-open", "file", file, "reason", e.getMessage());
            return Optional.empty();
        }
    }

    private void serve(Supplier<LiveStatus> status) {
        while (listener.isOpen()) {
            try (SocketChannel asker = listener.accept()) {
                LiveStatus now = status.get();
                String answer = StatusReport.json(now) + "\0" + StatusReport.text(now);
                ByteBuffer bytes = ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    asker.write(bytes);
                }
            } catch (ClosedChannelException e) {
                // The agent ends.
                return;
            } catch (IOException e) {
                LOG.debug("status-not-told", "reason", e.getMessage());
            }
        }
    }

    /** Asks a running agent; empty when none runs on this home. */
    static Optional<Answer> ask(AgentHome home) {
        if (!Files.exists(home.statusSocket())) {
            return Optional.empty();
        }
        try (SocketChannel agent = SocketChannel.open(UnixDomainSocketAddress.of(home.statusSocket()))) {
            String answer =
                    new String(Channels.newInputStream(agent).readNBytes(MAX_ANSWER_BYTES), StandardCharsets.UTF_8);
            int middle = answer.indexOf('\0');
            return middle < 0
                    ? Optional.empty()
                    : Optional.of(new Answer(answer.substring(0, middle), answer.substring(middle + 1)));
        } catch (IOException e) {
            // Left by an agent that was killed, or another user's: what the disk holds is shown instead.
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.debug("status-not-closed", "reason", e.getMessage());
        }
    }
}
