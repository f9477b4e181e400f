package io.tinyfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tinyfleet.agent.reconcile.Action;
import io.tinyfleet.agent.reconcile.Event;
import io.tinyfleet.agent.reconcile.Way;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.BlobLink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One range over HTTP, from a server that keeps to the rules and from servers that do not. */
class LinkFetchTest {
    private static final int SIZE = 3 * Limits.CHUNK_BYTES + 100;

    private final byte[] content = new byte[SIZE];
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final List<String> asked = new ArrayList<>();
    private HttpServer server;

    interface Answer {
        void to(HttpExchange exchange) throws IOException;
    }

    @BeforeEach
    void start() throws IOException {
        new Random(9).nextBytes(content);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private List<Event> fetch(Answer answer) throws InterruptedException {
        server.createContext("/blobs/1", exchange -> {
            asked.add(exchange.getRequestHeaders().getFirst("Range") + " "
                    + exchange.getRequestHeaders().getFirst("Authorization"));
            answer.to(exchange);
            exchange.close();
        });
        return fetch("http://127.0.0.1:" + server.getAddress().getPort() + "/blobs/1");
    }

    private List<Event> fetch(String url) throws InterruptedException {
        new LinkFetch(events::add)
                .fetch(new Action.FetchByLink(
                        new SlotName("vad"),
                        new AttemptId(new UUID(1, 1)),
                        BlobLink.newBuilder().setUrl(url).setToken("tfb_x").build(),
                        new Action.LinkRange(Digest.of(content), SIZE, Limits.CHUNK_BYTES, 1, 3)));
        List<Event> got = new ArrayList<>();
        do {
            got.add(Objects.requireNonNull(events.poll(20, TimeUnit.SECONDS), "no end in time"));
        } while (!(got.get(got.size() - 1) instanceof Event.LinkEnded));
        return got;
    }

    private static String code(List<Event> events) {
        return ((Event.LinkEnded) events.get(events.size() - 1)).code();
    }

    private void range(HttpExchange exchange, int from, int to, String of) throws IOException {
        exchange.getResponseHeaders().add("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + of);
        exchange.sendResponseHeaders(206, to - from);
        exchange.getResponseBody().write(content, from, to - from);
    }

    @Test
    void the_range_comes_cut_into_chunks() throws Exception {
        List<Event> got = fetch(exchange -> range(exchange, Limits.CHUNK_BYTES, SIZE, "" + SIZE));

        assertThat(code(got)).isEmpty();
        assertThat(asked).containsExactly("bytes=49152-147555 Bearer tfb_x");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (Event event : got.subList(0, 3)) {
            Event.ChunkArrived chunk = (Event.ChunkArrived) event;
            assertThat(chunk.way()).isEqualTo(Way.LINK);
            bytes.writeBytes(chunk.chunk().getData().toByteArray());
        }
        assertThat(bytes.toByteArray()).isEqualTo(Arrays.copyOfRange(content, Limits.CHUNK_BYTES, SIZE));
    }

    @Test
    void http_200_instead_of_206_is_refused() throws Exception {
        List<Event> got = fetch(exchange -> {
            exchange.sendResponseHeaders(200, SIZE);
            exchange.getResponseBody().write(content);
        });

        assertThat(got).hasSize(1);
        assertThat(code(got)).isEqualTo("not-partial");
    }

    @Test
    void a_truncated_answer_gives_what_is_whole_of_it() throws Exception {
        List<Event> got = fetch(exchange -> {
            exchange.getResponseHeaders().add("Content-Range", "bytes 49152-147555/" + SIZE);
            exchange.sendResponseHeaders(206, SIZE - Limits.CHUNK_BYTES);
            exchange.getResponseBody().write(content, Limits.CHUNK_BYTES, Limits.CHUNK_BYTES + 7);
            exchange.getResponseBody().flush();
        });

        assertThat(got).hasSize(2);
        assertThat(code(got)).isIn("truncated", "unreachable");
    }

    @Test
    void content_of_another_size_is_refused() throws Exception {
        assertThat(code(fetch(exchange -> range(exchange, Limits.CHUNK_BYTES, SIZE, "" + (SIZE + 1)))))
                .isEqualTo("changed");
    }

    @Test
    void another_range_than_the_one_asked_for_is_refused() throws Exception {
        List<Event> got = fetch(exchange -> range(exchange, 0, SIZE, "" + SIZE));

        assertThat(got).hasSize(1);
        assertThat(code(got)).isEqualTo("changed");
    }

    @Test
    void a_redirect_is_not_followed() throws Exception {
        List<Event> got = fetch(exchange -> {
            exchange.getResponseHeaders().add("Location", "https://elsewhere.example/");
            exchange.sendResponseHeaders(302, -1);
        });

        assertThat(code(got)).isEqualTo("redirected");
        assertThat(asked).hasSize(1);
    }

    @Test
    void a_refused_token_says_that_the_link_has_ended() throws Exception {
        assertThat(code(fetch(exchange -> exchange.sendResponseHeaders(401, -1))))
                .isEqualTo("expired");
    }

    @Test
    void a_server_s_trouble_is_named() throws Exception {
        assertThat(code(fetch(exchange -> exchange.sendResponseHeaders(503, -1))))
                .isEqualTo("unexpected-status");
    }

    @Test
    void a_link_without_encryption_to_another_machine_is_not_used() throws Exception {
        assertThat(code(fetch("http://192.0.2.1/blobs/1"))).isEqualTo("bad-address");
        assertThat(code(fetch("file:///etc/passwd"))).isEqualTo("bad-address");
        assertThat(code(fetch("ssl://fleet.example/blobs/1"))).isEqualTo("bad-address");
    }

    @Test
    void a_server_that_is_not_there_is_unreachable() throws Exception {
        int port = server.getAddress().getPort();
        server.stop(0);

        assertThat(code(fetch("http://127.0.0.1:" + port + "/blobs/1"))).isEqualTo("unreachable");
    }
}
