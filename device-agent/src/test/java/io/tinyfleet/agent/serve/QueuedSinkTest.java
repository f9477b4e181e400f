package io.tinyfleet.agent.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class QueuedSinkTest {

    @TempDir
    Path folder;

    /** Takes lines when it is let. */
    private static final class Taker implements QueuedSink.Delivery {
        final List<String> taken = new CopyOnWriteArrayList<>();
        final CountDownLatch gate = new CountDownLatch(1);
        volatile int failures;
        volatile boolean closed;

        @Override
        public void deliver(String json) throws IOException {
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            if (failures > 0) {
                failures--;
                throw new IOException("not now");
            }
            taken.add(json);
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @Test
    void a_slow_taker_loses_the_oldest_and_holds_nobody_up() {
        Taker taker = new Taker();
        QueuedSink sink = QueuedSink.start("slow", taker, Duration.ofMillis(1));
        for (int i = 0; i < 1000; i++) {
            sink.accept("line " + i);
        }
        assertThat(sink.dropped()).isEqualTo(1000 - QueuedSink.PLACES);
        taker.gate.countDown();
        await(() -> taker.taken.contains("line 999"));
        assertThat(taker.taken).contains("line 744").doesNotContain("line 500");
        sink.close();
        assertThat(taker.closed).isTrue();
    }

    @Test
    void what_failed_is_delivered_again_in_its_order() {
        Taker taker = new Taker();
        taker.failures = 3;
        taker.gate.countDown();
        QueuedSink sink = QueuedSink.start("moody", taker, Duration.ofMillis(1));
        sink.accept("a");
        sink.accept("b");
        await(() -> taker.taken.size() == 2);
        assertThat(taker.taken).containsExactly("a", "b");
        sink.close();
    }

    @Test
    void closing_hands_over_what_still_waits() {
        Taker taker = new Taker();
        taker.gate.countDown();
        QueuedSink sink = QueuedSink.start("quick", taker, Duration.ofMillis(1));
        for (int i = 0; i < 50; i++) {
            sink.accept("line " + i);
        }
        sink.close();
        assertThat(taker.taken).hasSize(50);
    }

    @Test
    void a_file_is_turned_over_when_it_is_full() throws Exception {
        Path file = folder.resolve("results.jsonl");
        try (FileDelivery delivery = new FileDelivery(file, 100)) {
            for (int i = 0; i < 40; i++) {
                delivery.deliver("{\"sequence\":" + i + "}");
            }
        }
        assertThat(Files.size(file)).isLessThanOrEqualTo(100);
        assertThat(Files.size(folder.resolve("results.jsonl.1"))).isLessThanOrEqualTo(100);
        assertThat(Files.readAllLines(file)).last().isEqualTo("{\"sequence\":39}");
        assertThat(Files.list(folder)).hasSize(2);
    }

    @Test
    void a_hook_gets_each_result_once_also_after_it_was_away() throws Exception {
        List<String> got = new CopyOnWriteArrayList<>();
        HttpServer hook = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        hook.createContext("/", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            int status = got.isEmpty() && !body.contains("again") ? 500 : 204;
            got.add(body + " " + status);
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        hook.start();
        URI url = URI.create("http://127.0.0.1:" + hook.getAddress().getPort() + "/results");
        QueuedSink sink = QueuedSink.start("hook", new HttpDelivery(url), Duration.ofMillis(1));
        sink.accept("{}");
        await(() -> got.size() == 2);
        sink.close();
        hook.stop(0);
        assertThat(got).containsExactly("{} 500", "{} 204");
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("the condition holds in time").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }
}
