package io.tinyfleet.agent.api;

import io.tinyfleet.agent.log.EventLog;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/**
 * HTTP/1.1 for applications on this device: loopback only, and with a limit on everything that a client could hold.
 *
 * <p>Three hundred lines of our own instead of the JDK's {@code jdk.httpserver}: that one cannot limit its connections,
 * takes its time-outs from system properties and sweeps for them once a second, and needs two threads and a selector
 * while nobody asks.
 */
final class LocalHttpServer implements AutoCloseable {

    private static final EventLog LOG = EventLog.of("api");
    private static final int BACKLOG = 16;
    private static final int STACK_BYTES = 256 * 1024;

    /** How often answers that nobody takes are looked for, while there are connections. */
    private static final int SWEEP_MILLIS = 500;

    private final ServerSocket listener;
    private final HttpLimits limits;
    private final Function<HttpRequest, HttpAnswer> handler;
    private final Semaphore bodies;
    private final Set<HttpConnection> connections = ConcurrentHashMap.newKeySet();
    private final Thread acceptor;
    private volatile boolean closed;

    private LocalHttpServer(ServerSocket listener, HttpLimits limits, Function<HttpRequest, HttpAnswer> handler) {
        this.listener = listener;
        this.limits = limits;
        this.handler = handler;
        this.bodies = new Semaphore(limits.maxBodiesBytes());
        this.acceptor = new Thread(null, this::accept, "api", STACK_BYTES);
        acceptor.setDaemon(true);
    }

    /**
     * Listens on 127.0.0.1.
     *
     * @param port 0 for any free one
     * @param handler called on the threads of connections, several at once
     */
    static LocalHttpServer start(int port, HttpLimits limits, Function<HttpRequest, HttpAnswer> handler)
            throws IOException {
        ServerSocket listener = new ServerSocket();
        try {
            listener.setReuseAddress(true);
            listener.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port), BACKLOG);
        } catch (IOException e) {
            listener.close();
            throw new IOException("the local API cannot listen on 127.0.0.1:" + port + ": " + e.getMessage(), e);
        }
        LocalHttpServer server = new LocalHttpServer(listener, limits, handler);
        server.acceptor.start();
        return server;
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        while (!closed) {
            try {
                // No connections, nothing to sweep: then the thread only waits.
                listener.setSoTimeout(connections.isEmpty() ? 0 : SWEEP_MILLIS);
                admit(listener.accept());
                sweep();
            } catch (SocketTimeoutException e) {
                sweep();
            } catch (IOException e) {
                if (!closed) {
                    LOG.warn("not-accepted", "reason", String.valueOf(e.getMessage()));
                }
            }
        }
    }

    private void sweep() {
        long now = System.nanoTime();
        for (HttpConnection connection : connections) {
            if (connection.isOverdue(now)) {
                LOG.warn("answer-not-taken", "limit_seconds", limits.answer().toSeconds());
                connection.close();
            }
        }
    }

    private void admit(Socket socket) throws IOException {
        HttpConnection connection = new HttpConnection(socket, limits, bodies);
        if (connections.size() >= limits.maxConnections()) {
            connection.answer(
                    HttpAnswer.error(503, "there are " + limits.maxConnections() + " connections already"), true);
            connection.close();
            return;
        }
        connections.add(connection);
        Thread thread = new Thread(null, () -> converse(connection), "api-client", STACK_BYTES);
        thread.setDaemon(true);
        thread.start();
    }

    private void converse(HttpConnection connection) {
        try {
            boolean open = true;
            while (open && !closed) {
                open = exchange(connection);
            }
        } catch (IOException e) {
            LOG.debug("client-gone", "reason", String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.error("client-dropped", e);
        } finally {
            connection.done();
            connections.remove(connection);
            connection.close();
        }
    }

    private boolean exchange(HttpConnection connection) throws IOException {
        try {
            HttpRequest request = connection.next();
            if (request == null) {
                return false;
            }
            connection.answer(handled(request), !request.method().equals("HEAD"));
        } catch (HttpRefusal e) {
            connection.answer(HttpAnswer.error(e.status(), e.sentence()), true);
        } finally {
            connection.done();
        }
        return true;
    }

    private HttpAnswer handled(HttpRequest request) {
        try {
            return handler.apply(request);
        } catch (RuntimeException e) {
            LOG.error("request-broke", e, "path", request.path());
            return HttpAnswer.error(500, "an error in the agent; its log has more");
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            listener.close();
        } catch (IOException e) {
            LOG.debug("listener-not-closed", "reason", String.valueOf(e.getMessage()));
        }
        connections.forEach(HttpConnection::close);
    }
}
