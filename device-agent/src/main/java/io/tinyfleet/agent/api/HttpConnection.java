package io.tinyfleet.agent.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * One connection of HTTP/1.1 (RFC 9112): requests with a known length, one after the other. Owned by its thread, except
 * for {@link #isOverdue} and {@link #close}.
 */
final class HttpConnection implements AutoCloseable {

    private static final int MAX_HEAD_BYTES = 16 * 1024;
    private static final int BUFFER_BYTES = 4 * 1024;
    private static final byte[] CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final HttpLimits limits;
    private final Semaphore bodies;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int position;
    private int limit;
    private long readBy;
    private boolean mayGoOn = true;
    private int held;

    /** When the client must have taken its answer; the listener closes the connection after it. */
    private volatile long writeBy = Long.MAX_VALUE;

    HttpConnection(Socket socket, HttpLimits limits, Semaphore bodies) throws IOException {
        this.socket = socket;
        this.limits = limits;
        this.bodies = bodies;
        socket.setTcpNoDelay(true);
        this.in = socket.getInputStream();
        this.out = socket.getOutputStream();
    }

    /** The next request; null when the client has closed or has been silent for too long. */
    @Nullable HttpRequest next() throws IOException, HttpRefusal {
        if (!mayGoOn) {
            return null;
        }
        readBy = System.nanoTime() + limits.idle().toNanos();
        try {
            if (position == limit && !fill()) {
                return null;
            }
        } catch (SocketTimeoutException e) {
            return null;
        }
        readBy = System.nanoTime() + limits.request().toNanos();
        try {
            return read();
        } catch (SocketTimeoutException e) {
            throw broken(408, "the request did not come within " + seconds(limits.request()) + " s");
        }
    }

    private HttpRequest read() throws IOException, HttpRefusal {
        int room = MAX_HEAD_BYTES;
        String start = line(room);
        room -= start.length();
        String[] words = start.split(" ", -1);
        if (words.length != 3 || !words[1].startsWith("/")) {
            throw broken(400, "the request line is no HTTP/1.1");
        }
        if (!words[2].startsWith("HTTP/1.")) {
            throw broken(505, "HTTP/1.1 is spoken here, got " + words[2]);
        }
        Map<String, String> headers = new HashMap<>();
        while (true) {
            String line = line(room);
            if (line.isEmpty()) {
                break;
            }
            room -= line.length();
            int colon = line.indexOf(':');
            if (colon < 1 || line.charAt(colon - 1) <= ' ') {
                throw broken(400, "a header without a name");
            }
            String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
            if (headers.putIfAbsent(name, line.substring(colon + 1).strip()) != null && name.equals("content-length")) {
                throw broken(400, "Content-Length is given twice");
            }
        }
        String connection = headers.getOrDefault("connection", "").toLowerCase(Locale.ROOT);
        mayGoOn = !connection.contains("close") && (words[2].equals("HTTP/1.1") || connection.contains("keep-alive"));
        int query = words[1].indexOf('?');
        String path = query < 0 ? words[1] : words[1].substring(0, query);
        return new HttpRequest(words[0], path, headers, body(headers));
    }

    private byte[] body(Map<String, String> headers) throws IOException, HttpRefusal {
        if (headers.containsKey("transfer-encoding")) {
            throw broken(411, "the body's length must be known: send Content-Length, not Transfer-Encoding");
        }
        String stated = headers.getOrDefault("content-length", "0");
        if (!stated.matches("[0-9]{1,18}")) {
            throw broken(400, "Content-Length must be a number of bytes, got " + stated);
        }
        long length = Long.parseLong(stated);
        if (length > limits.maxBodyBytes()) {
            throw broken(413, "a body has at most " + limits.maxBodyBytes() + " bytes, this one states " + length);
        }
        if (!bodies.tryAcquire((int) length)) {
            throw broken(503, "other requests hold the memory for bodies (" + limits.maxBodiesBytes() + " bytes)");
        }
        held = (int) length;
        if (headers.getOrDefault("expect", "").equalsIgnoreCase("100-continue") && position == limit) {
            out.write(CONTINUE);
        }
        byte[] body = new byte[(int) length];
        int got = Math.min(body.length, limit - position);
        System.arraycopy(buffer, position, body, 0, got);
        position += got;
        while (got < body.length) {
            waitAtMost();
            int read = in.read(body, got, body.length - got);
            if (read < 0) {
                throw new IOException("the client closed in the middle of a body");
            }
            got += read;
        }
        return body;
    }

    /** Up to a line feed; a carriage return before it is not part of it. */
    private String line(int room) throws IOException, HttpRefusal {
        StringBuilder line = new StringBuilder(80);
        while (true) {
            if (position == limit && !fill()) {
                throw new IOException("the client closed in the middle of a request");
            }
            char c = (char) (buffer[position++] & 0xff);
            if (c == '\n') {
                int length = line.length();
                if (length > 0 && line.charAt(length - 1) == '\r') {
                    line.setLength(length - 1);
                }
                return line.toString();
            }
            if (line.length() == room) {
                throw broken(431, "request line and headers have at most " + MAX_HEAD_BYTES + " bytes");
            }
            line.append(c);
        }
    }

    private boolean fill() throws IOException {
        waitAtMost();
        int read = in.read(buffer);
        position = 0;
        limit = Math.max(0, read);
        return read > 0;
    }

    private void waitAtMost() throws IOException {
        long millis = (readBy - System.nanoTime()) / 1_000_000;
        if (millis <= 0) {
            throw new SocketTimeoutException();
        }
        socket.setSoTimeout((int) Math.min(millis, Integer.MAX_VALUE));
    }

    /** A refusal after which the rest of the connection cannot be understood. */
    private HttpRefusal broken(int status, String sentence) {
        mayGoOn = false;
        return new HttpRefusal(status, sentence);
    }

    void answer(HttpAnswer answer, boolean withBody) throws IOException {
        StringBuilder head = new StringBuilder(160)
                .append("HTTP/1.1 ")
                .append(answer.status())
                .append(' ')
                .append(HttpAnswer.reason(answer.status()))
                .append("\r\nContent-Length: ")
                .append(answer.bodyBytes())
                .append("\r\n");
        answer.headers()
                .forEach((name, value) ->
                        head.append(name).append(": ").append(value).append("\r\n"));
        if (!mayGoOn) {
            head.append("Connection: close\r\n");
        }
        byte[] first = head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII);
        int bytes = first.length + (withBody ? answer.bodyBytes() : 0);
        ByteBuffer whole = ByteBuffer.allocate(bytes).put(first);
        if (withBody) {
            answer.body().forEach(part -> whole.put(part.duplicate()));
        }
        writeBy = System.nanoTime() + limits.answer().toNanos();
        out.write(whole.array(), 0, whole.position());
        writeBy = Long.MAX_VALUE;
    }

    /** Gives the room of the request's body back. */
    void done() {
        bodies.release(held);
        held = 0;
    }

    boolean isOverdue(long now) {
        long by = writeBy;
        return by != Long.MAX_VALUE && now - by > 0;
    }

    private static long seconds(Duration duration) {
        return Math.max(1, duration.toSeconds());
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone either way.
        }
    }
}
