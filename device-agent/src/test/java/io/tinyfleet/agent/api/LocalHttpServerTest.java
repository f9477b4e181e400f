package io.tinyfleet.agent.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that send too much, too little or nothing at all. */
class LocalHttpServerTest {

    private static final HttpLimits LIMITS =
            new HttpLimits(3, 1024, 1500, Duration.ofMillis(300), Duration.ofMillis(600), Duration.ofMillis(300));

    private final CountDownLatch released = new CountDownLatch(1);
    private LocalHttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = LocalHttpServer.start(0, LIMITS, this::handle);
    }

    @AfterEach
    void stop() {
        released.countDown();
        server.close();
    }

    private HttpAnswer handle(HttpRequest request) {
        switch (request.path()) {
            case "/wait" -> {
                try {
                    released.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return HttpAnswer.json(200, "{}");
            }
            case "/large" -> {
                return HttpAnswer.json(200, "x".repeat(32 << 20));
            }
            case "/break" -> throw new IllegalStateException("broken on purpose");
            default -> {
                return HttpAnswer.json(200, "{\"body\":" + request.body().length + "}");
            }
        }
    }

    @Test
    void a_client_that_stalls_in_its_headers_or_body_is_told_so_and_dropped() throws Exception {
        for (String begun :
                List.of("GET / HT", "GET / HTTP/1.1\r\nHost: lo", "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n12")) {
            try (RawClient raw = client()) {
                raw.send(begun);
                assertThat(raw.answer()).startsWith("HTTP/1.1 408").contains("did not come within");
                assertThat(raw.isClosedByServer()).isTrue();
            }
        }
    }

    @Test
    void a_client_that_sends_a_byte_now_and_then_gets_no_more_time() throws Exception {
        try (RawClient raw = client()) {
            long start = System.nanoTime();
            raw.send("POST / HTTP/1.1\r\nContent-Length: 999\r\n\r\n");
            raw.socket().setSoTimeout(50);
            String answer = "";
            while (answer.isEmpty()) {
                try {
                    raw.send("x");
                    answer = raw.answer();
                } catch (java.net.SocketTimeoutException e) {
                    assertThat(System.nanoTime() - start)
                            .isLessThan(Duration.ofSeconds(5).toNanos());
                }
            }
            assertThat(answer).startsWith("HTTP/1.1 408");
        }
    }

    @Test
    void a_client_that_says_nothing_is_dropped_without_a_word() throws Exception {
        try (RawClient raw = client()) {
            assertThat(raw.isClosedByServer()).isTrue();
        }
    }

    @Test
    void a_client_that_does_not_take_its_answer_is_dropped() throws Exception {
        try (RawClient raw = client()) {
            raw.send("GET /large HTTP/1.1\r\n\r\n");
            await(() -> others(3));
        }
    }

    @Test
    void too_large_a_body_is_refused_before_it_is_read() throws Exception {
        try (RawClient raw = client()) {
            raw.send("POST / HTTP/1.1\r\nContent-Length: 1025\r\n\r\n");
            assertThat(raw.answer())
                    .startsWith("HTTP/1.1 413")
                    .contains("at most 1024 bytes, this one states 1025")
                    .contains("Connection: close");
        }
        try (RawClient raw = client()) {
            raw.send("POST / HTTP/1.1\r\nContent-Length: 1024\r\n\r\n" + "x".repeat(1024));
            assertThat(raw.answer()).startsWith("HTTP/1.1 200").contains("{\"body\":1024}");
        }
    }

    @Test
    void a_client_that_asks_first_is_told_to_go_on() throws Exception {
        try (RawClient raw = client()) {
            raw.send("POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
            assertThat(raw.answer()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
            raw.send("hi");
            assertThat(raw.answer()).contains("{\"body\":2}");
        }
    }

    @Test
    void what_is_no_request_is_refused() throws Exception {
        refused("hello\r\n\r\n", "400");
        refused("GET http://x/ HTTP/1.1\r\n\r\n", "400");
        refused("GET / HTTP/2.0\r\n\r\n", "505");
        refused("GET / HTTP/1.1\r\n: x\r\n\r\n", "400");
        refused("GET / HTTP/1.1\r\nName : x\r\n\r\n", "400");
        refused("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "400");
        refused("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400");
        refused("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "411");
        refused("GET /" + "x".repeat(20_000) + " HTTP/1.1\r\n\r\n", "431");
        refused("GET / HTTP/1.1\r\n" + ("A: " + "x".repeat(100) + "\r\n").repeat(200) + "\r\n", "431");
    }

    @Test
    void a_bug_of_ours_is_an_error_for_one_client() throws Exception {
        try (RawClient raw = client()) {
            raw.send("GET /break HTTP/1.1\r\n\r\n");
            assertThat(raw.answer()).startsWith("HTTP/1.1 500").doesNotContain("broken on purpose");
            raw.send("GET / HTTP/1.1\r\n\r\n");
            assertThat(raw.answer()).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void connections_are_counted() throws Exception {
        List<RawClient> open = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            RawClient raw = client();
            raw.send("GET /wait HTTP/1.1\r\n\r\n");
            open.add(raw);
        }
        await(() -> {
            try (RawClient fourth = client()) {
                return fourth.answer().startsWith("HTTP/1.1 503");
            }
        });
        released.countDown();
        for (RawClient raw : open) {
            assertThat(raw.answer()).startsWith("HTTP/1.1 200");
            raw.close();
        }
        await(() -> others(3));
    }

    @Test
    void the_memory_for_bodies_is_shared() throws Exception {
        String thousand = " HTTP/1.1\r\nContent-Length: 1000\r\n\r\n" + "x".repeat(1000);
        try (RawClient holder = client()) {
            holder.send("POST /wait" + thousand);
            await(() -> {
                try (RawClient other = client()) {
                    other.send("POST /" + thousand);
                    return other.answer().startsWith("HTTP/1.1 503");
                }
            });
            released.countDown();
            assertThat(holder.answer()).startsWith("HTTP/1.1 200");
            holder.send("POST /" + thousand);
            assertThat(holder.answer()).as("given back").startsWith("HTTP/1.1 200");
        }
    }

    /** Whether so many new clients are answered at once. */
    private boolean others(int clients) throws IOException {
        List<RawClient> open = new ArrayList<>();
        boolean all = true;
        for (int i = 0; i < clients; i++) {
            RawClient raw = client();
            open.add(raw);
            raw.send("GET / HTTP/1.1\r\n\r\n");
            all &= raw.answer().startsWith("HTTP/1.1 200");
        }
        for (RawClient raw : open) {
            raw.close();
        }
        return all;
    }

    private void refused(String request, String status) throws IOException {
        try (RawClient raw = client()) {
            raw.send(request);
            assertThat(raw.answer()).startsWith("HTTP/1.1 " + status).contains("{\"error\":");
        }
    }

    private RawClient client() throws IOException {
        return new RawClient(server.port());
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private static void await(Condition condition) throws IOException {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (true) {
            try {
                if (condition.holds()) {
                    return;
                }
            } catch (java.net.SocketException e) {
                // Closed under us: looked at again.
            }
            assertThat(System.nanoTime()).as("the condition holds in time").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }
}
