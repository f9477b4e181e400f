package io.tinyfleet.e2e.process;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A link that can fail: passes TCP connections on to a port of this machine, counts what goes to the client, and can
 * fall silent after a number of bytes without closing anything, as a bad radio link does.
 *
 * <p>What arrives for the client while the gate is silent is thrown away with its connection when the gate opens again.
 */
public final class TcpGate implements AutoCloseable {

    private static final int BUFFER_BYTES = 8 * 1024;
    private static final long NO_LIMIT = Long.MAX_VALUE;

    private final ServerSocket listener;
    private final int targetPort;
    private final AtomicLong bytesToClient = new AtomicLong();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Object change = new Object();
    private long silentAfter = NO_LIMIT;
    private volatile boolean silent;

    public TcpGate(int targetPort) throws IOException {
        this.targetPort = targetPort;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        daemon(this::accept, "gate-accept");
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** Bytes that have reached clients so far. */
    public long bytesToClient() {
        return bytesToClient.get();
    }

    /** Falls silent once {@code bytes} more have gone to the client. */
    public void silentAfter(long bytes) {
        synchronized (change) {
            silentAfter = bytesToClient.get() + bytes;
        }
    }

    public boolean isSilent() {
        return silent;
    }

    /** Cuts the connections of the silent time and lets new ones through. */
    public void open() {
        synchronized (change) {
            silentAfter = NO_LIMIT;
            silent = false;
            sockets.forEach(TcpGate::closeQuietly);
            change.notifyAll();
        }
    }

    /** Ends every connection that is open, as a link that breaks does; new ones are let through. */
    public void cut() {
        sockets.forEach(TcpGate::closeQuietly);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Socket target = new Socket(InetAddress.getLoopbackAddress(), targetPort);
                sockets.add(client);
                sockets.add(target);
                daemon(() -> pump(client, target, false), "gate-up");
                daemon(() -> pump(target, client, true), "gate-down");
            } catch (IOException refused) {
                // The target is down or the gate is closed: the client sees a closed connection and tries again.
                if (listener.isClosed()) {
                    return;
                }
            }
        }
    }

    private void pump(Socket from, Socket to, boolean toClient) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (toClient) {
                    passOrHold(read);
                }
                out.write(buffer, 0, read);
                if (toClient) {
                    bytesToClient.addAndGet(read);
                }
            }
        } catch (IOException closed) {
            // One side went away: closing both is what a broken link looks like.
            sockets.remove(from);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } finally {
            sockets.remove(from);
            sockets.remove(to);
        }
    }

    private void passOrHold(int bytes) throws InterruptedException {
        synchronized (change) {
            while (bytesToClient.get() + bytes > silentAfter) {
                silent = true;
                change.wait();
            }
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        open();
    }

    private static void closeQuietly(Closeable socket) {
        try {
            socket.close();
        } catch (IOException alreadyGone) {
            // Nothing is lost: the connection was to be cut anyway.
            return;
        }
    }

    private static void daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }
}
