package io.tinyfleet.e2e.interop;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A link with somebody on it: passes TCP connections on to a port of this machine, and when told to changes one bit of
 * the next desired document that goes to the client.
 */
final class TamperingLink implements AutoCloseable {

    private static final int BUFFER_BYTES = 8 * 1024;
    private static final byte[] PAYLOAD_TYPE =
            "application/vnd.tinyfleet.desired.v1+protobuf".getBytes(StandardCharsets.US_ASCII);
    /** Behind the type come a tag, a length of two bytes and a payload of some hundred: this is well within it. */
    private static final int BYTES_BEHIND_TYPE = 40;

    private final ServerSocket listener;
    private final int targetPort;
    private final AtomicBoolean armed = new AtomicBoolean();

    TamperingLink(int targetPort) throws IOException {
        this.targetPort = targetPort;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        daemon(this::accept, "tampering-accept");
    }

    int port() {
        return listener.getLocalPort();
    }

    void tamperWithNextDesired() {
        armed.set(true);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Socket target = new Socket(InetAddress.getLoopbackAddress(), targetPort);
                daemon(() -> pump(client, target, false), "tampering-up");
                daemon(() -> pump(target, client, true), "tampering-down");
            } catch (IOException refused) {
                // The target is down or the link is closed: the client sees a closed connection and tries again.
                if (listener.isClosed()) {
                    return;
                }
            }
        }
    }

    private void pump(Socket from, Socket to, boolean toClient) {
        byte[] buffer = new byte[BUFFER_BYTES];
        Reader reader = new Reader();
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (toClient) {
                    reader.pass(buffer, read);
                }
                out.write(buffer, 0, read);
            }
        } catch (IOException closed) {
            // One side went away: leaving closes both, as a broken link does.
            return;
        }
    }

    /** Follows one stream byte by byte, as a document may come in several pieces. */
    private final class Reader {
        private int matched;
        private int behind = -1;

        void pass(byte[] buffer, int length) {
            for (int at = 0; at < length; at++) {
                if (behind >= 0 && ++behind == BYTES_BEHIND_TYPE) {
                    behind = -1;
                    if (armed.compareAndSet(true, false)) {
                        buffer[at] ^= 1;
                    }
                }
                if (buffer[at] != PAYLOAD_TYPE[matched]) {
                    matched = 0;
                }
                if (buffer[at] == PAYLOAD_TYPE[matched] && ++matched == PAYLOAD_TYPE.length) {
                    matched = 0;
                    behind = 0;
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    private static void daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }
}
