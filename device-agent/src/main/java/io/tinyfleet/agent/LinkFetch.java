package io.tinyfleet.agent;

import com.google.protobuf.ByteString;
import io.tinyfleet.agent.enrol.Address;
import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.agent.reconcile.Action;
import io.tinyfleet.agent.reconcile.Event;
import io.tinyfleet.agent.reconcile.Way;
import io.tinyfleet.protocol.v1.BlobLink;
import io.tinyfleet.protocol.v1.Chunk;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLConnection;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Fetches chunks by HTTPS with the JDK's small client, one range a request, on a thread that ends when there is nothing
 * to fetch. Chunks are only cut here; the step that takes them verifies them.
 */
final class LinkFetch {
    private static final EventLog LOG = EventLog.of("links");
    private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(10);
    private static final Duration READ_PATIENCE = Duration.ofSeconds(20);
    private static final long IDLE_SECONDS = 5;

    /** Fetches that wait: one a slot is all there can be. */
    private static final int MAX_WAITING = 16;

    private final Consumer<Event> answers;
    private final ThreadPoolExecutor thread;

    /** @param answers from any thread */
    LinkFetch(Consumer<Event> answers) {
        this.answers = answers;
        this.thread = new ThreadPoolExecutor(
                1, 1, IDLE_SECONDS, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MAX_WAITING), task -> {
                    Thread made = new Thread(task, "link-fetch");
                    made.setDaemon(true);
                    return made;
                });
        thread.allowCoreThreadTimeOut(true);
    }

    /** The fetch has failed; {@code code} says how. */
    private static final class LinkException extends Exception {
        private static final long serialVersionUID = 1L;
        private final String code;

        LinkException(String code, String sentence) {
            super(sentence);
            this.code = code;
        }
    }

    void fetch(Action.FetchByLink action) {
        try {
            thread.execute(() -> run(action));
        } catch (RejectedExecutionException e) {
            end(action, "busy", MAX_WAITING + " fetches wait already");
        }
    }

    private void run(Action.FetchByLink action) {
        try {
            copy(action);
            end(action, "", "");
        } catch (LinkException e) {
            LOG.warn("link-failed", "code", e.code, "reason", e.getMessage());
            end(action, e.code, String.valueOf(e.getMessage()));
        } catch (IOException e) {
            LOG.warn("link-failed", "code", "unreachable", "reason", e);
            end(action, "unreachable", "the link could not be used: " + e);
        }
    }

    private void end(Action.FetchByLink action, String code, String sentence) {
        answers.accept(new Event.LinkEnded(
                action.slot(), action.attempt(), action.range().blob(), code, sentence));
    }

    private void copy(Action.FetchByLink action) throws IOException, LinkException {
        Action.LinkRange range = action.range();
        HttpURLConnection connection = open(action.link(), range);
        try {
            check(connection, range);
            try (InputStream body = connection.getInputStream()) {
                copy(body, range);
            }
        } catch (LinkException | IOException e) {
            // A connection with an unread answer is not to be used again.
            connection.disconnect();
            throw e;
        }
    }

    private static HttpURLConnection open(BlobLink link, Action.LinkRange range) throws IOException, LinkException {
        Optional<String> objection = Address.findObjection(link.getUrl());
        if (objection.isPresent()) {
            throw new LinkException("bad-address", objection.get());
        }
        URI address = URI.create(link.getUrl());
        if (!address.getScheme().startsWith("http")) {
            throw new LinkException("bad-address", "\"" + link.getUrl() + "\" is not an http address");
        }
        URLConnection opened = address.toURL().openConnection();
        if (!(opened instanceof HttpURLConnection connection)) {
            throw new LinkException("bad-address", "\"" + link.getUrl() + "\" is not an http address");
        }
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setConnectTimeout((int) CONNECT_PATIENCE.toMillis());
        connection.setReadTimeout((int) READ_PATIENCE.toMillis());
        if (!link.getToken().isEmpty()) {
            connection.setRequestProperty("Authorization", "Bearer " + link.getToken());
        }
        connection.setRequestProperty("Accept-Encoding", "identity");
        connection.setRequestProperty("Range", "bytes=" + range.offset() + "-" + (range.offset() + range.length() - 1));
        return connection;
    }

    private static void check(HttpURLConnection connection, Action.LinkRange range) throws IOException, LinkException {
        int status = connection.getResponseCode();
        if (status >= 300 && status < 400) {
            throw new LinkException(
                    "redirected",
                    "the link leads on to " + connection.getHeaderField("Location") + ", which is refused");
        }
        if (status == 401 || status == 403) {
            throw new LinkException("expired", "the link is not good any more: HTTP " + status);
        }
        if (status == 200) {
            throw new LinkException("not-partial", "the whole blob was sent where a range of it was asked for");
        }
        if (status == 416) {
            throw new LinkException("changed", "what lies there is shorter than the blob");
        }
        if (status != 206) {
            throw new LinkException("unexpected-status", "the link answered with HTTP " + status);
        }
        String expected =
                "bytes " + range.offset() + "-" + (range.offset() + range.length() - 1) + "/" + range.blobSize();
        String got = connection.getHeaderField("Content-Range");
        if (!expected.equals(got)) {
            throw new LinkException("changed", "asked for \"" + expected + "\", got \"" + got + "\"");
        }
    }

    private void copy(InputStream body, Action.LinkRange range) throws IOException, LinkException {
        for (int index = range.first(); index < range.first() + range.count(); index++) {
            int length = (int) Math.min(range.chunkBytes(), range.blobSize() - (long) index * range.chunkBytes());
            byte[] data = body.readNBytes(length);
            if (data.length < length) {
                throw new LinkException(
                        "truncated", "chunk " + index + " has " + length + " bytes, " + data.length + " came");
            }
            answers.accept(new Event.ChunkArrived(
                    Chunk.newBuilder()
                            .setBlobSha256(range.blob().toBytes())
                            .setIndex(index)
                            .setBlobSize(range.blobSize())
                            .setData(ByteString.copyFrom(data))
                            .build(),
                    Way.LINK));
        }
    }
}
