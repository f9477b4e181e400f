package io.tinyfleet.server.live;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;

import io.agroal.api.AgroalDataSource;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.TestSecurity;
import io.quarkus.vertx.http.HttpServer;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import io.tinyfleet.server.platform.DatabaseResource;
import jakarta.inject.Inject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
class LiveStreamTest {
    @Inject
    LiveEvents events;

    @Inject
    LiveEventRepository log;

    @Inject
    LiveTail tail;

    @Inject
    AgroalDataSource database;

    @Inject
    HttpServer server;

    private final String topic = "device:" + UUID.randomUUID();

    private void publish(String type, int number) {
        QuarkusTransaction.requiringNew().run(() -> events.publish(topic, type, Map.of("number", number)));
    }

    /** A stream over HTTP, read line by line as a browser does. */
    private final class Listener implements AutoCloseable {
        private final InputStream body;
        private final BufferedReader lines;
        private String id = "";

        Listener(Optional<String> lastEventId) throws IOException, InterruptedException {
            HttpRequest.Builder request = HttpRequest.newBuilder(
                            server.getLocalBaseUri().resolve("/api/v1/stream?topics=" + topic))
                    .timeout(Duration.ofSeconds(20));
            lastEventId.ifPresent(last -> request.header("Last-Event-ID", last));
            HttpResponse<InputStream> answer =
                    HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
                    .startsWith("text/event-stream");
            body = answer.body();
            lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
        }

        /** The next event as {@code name data}. */
        String next() throws IOException {
            String name = "";
            String data = "";
            while (true) {
                String line = lines.readLine();
                if (line == null) {
                    return "end";
                }
                if (line.isEmpty() && !name.isEmpty()) {
                    return name + " " + data;
                }
                if (line.startsWith("id:")) {
                    id = line.substring(3).strip();
                } else if (line.startsWith("event:")) {
                    name = line.substring(6).strip();
                } else if (line.startsWith("data:")) {
                    data = line.substring(5).strip();
                }
            }
        }

        @Override
        public void close() throws IOException {
            body.close();
        }
    }

    @Test
    @TestSecurity(user = "vera", roles = "viewer")
    void a_change_is_heard_and_a_client_that_comes_back_hears_what_it_missed() throws Exception {
        String place;
        try (Listener listener = new Listener(Optional.empty())) {
            assertThat(listener.next()).isEqualTo("hello {}");
            publish("device-changed", 1);
            assertThat(listener.next()).isEqualTo("device-changed {\"number\": 1}");
            place = listener.id;
        }
        publish("device-changed", 2);
        publish("device-changed", 3);
        try (Listener back = new Listener(Optional.of(place))) {
            assertThat(back.next()).isEqualTo("hello {}");
            assertThat(back.next()).isEqualTo("device-changed {\"number\": 2}");
            assertThat(back.next()).isEqualTo("device-changed {\"number\": 3}");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"999999999999-1", "no place of ours", "0"})
    @TestSecurity(user = "vera", roles = "viewer")
    void a_place_that_is_not_in_the_log_is_answered_with_a_gap(String place) throws Exception {
        try (Listener listener = new Listener(Optional.of(place))) {
            assertThat(listener.next()).isEqualTo("gap {}");
            publish("device-changed", 1);
            assertThat(listener.next()).isEqualTo("device-changed {\"number\": 1}");
        }
    }

    @Test
    @TestSecurity(user = "vera", roles = "viewer")
    void a_place_before_the_pruned_part_is_answered_with_a_gap() throws Exception {
        publish("device-changed", 1);
        Cursor before = QuarkusTransaction.requiringNew().call(log::newest);
        publish("device-changed", 2);
        Instant future = Instant.parse("2999-01-01T00:00:00Z");
        assertThat(QuarkusTransaction.requiringNew().call(() -> log.prune(future, 1000)))
                .isPositive();
        try (Listener listener = new Listener(Optional.of(before.toString()))) {
            assertThat(listener.next()).isEqualTo("gap {}");
        }
    }

    @Test
    void only_the_newest_rows_are_kept() {
        for (int number = 0; number < 5; number++) {
            publish("device-changed", number);
        }
        Cursor newest = QuarkusTransaction.requiringNew().call(log::newest);
        QuarkusTransaction.requiringNew().call(() -> log.prune(Instant.EPOCH, 2));
        List<LiveEvent> left = QuarkusTransaction.requiringNew()
                .call(() -> log.after(log.horizon(), 100).stream()
                        .filter(event -> event.topic().name().equals(topic))
                        .toList());
        assertThat(left).hasSizeLessThanOrEqualTo(2);
        assertThat(newest).isNotNull();
    }

    @Test
    void a_lower_number_that_commits_later_is_neither_lost_nor_overtaken() throws SQLException {
        Cursor start = QuarkusTransaction.requiringNew().call(log::newest);
        try (Connection slow = database.getConnection();
                Connection quick = database.getConnection()) {
            slow.setAutoCommit(false);
            quick.setAutoCommit(false);
            insert(slow, "slow");
            insert(quick, "quick");
            quick.commit();
            // The higher number is committed, the lower is not: a reader that went by numbers would lose it.
            assertThat(types(start)).isEmpty();
            slow.commit();
        }
        assertThat(types(start)).containsExactly("slow", "quick");
    }

    @Test
    void an_event_of_a_transaction_that_is_rolled_back_is_never_heard() {
        Cursor start = QuarkusTransaction.requiringNew().call(log::newest);
        assertThatThrownBy(() -> QuarkusTransaction.requiringNew().run(() -> {
                    events.publish(topic, "device-changed", Map.of());
                    throw new IllegalStateException("rolled back");
                }))
                .hasMessageContaining("rolled back");
        publish("after", 1);
        assertThat(types(start)).containsExactly("after");
    }

    @Test
    void publishing_outside_a_transaction_is_refused() {
        assertThatThrownBy(() -> events.publish(topic, "device-changed", Map.of()))
                .isInstanceOf(RuntimeException.class);
    }

    @Test
    void a_client_that_does_not_read_is_dropped_instead_of_filling_the_memory() {
        AssertSubscriber<LiveMessage> stalled = tail.stream(Set.of(new Topic(topic)), Optional.empty())
                .subscribe()
                .withSubscriber(AssertSubscriber.create(1));
        stalled.awaitItems(1, Duration.ofSeconds(10));
        QuarkusTransaction.requiringNew().run(() -> {
            for (int number = 0; number < 400; number++) {
                events.publish(topic, "device-changed", Map.of("number", number));
            }
        });
        stalled.awaitCompletion(Duration.ofSeconds(20));
        assertThat(stalled.getItems()).hasSize(1);
    }

    @Test
    void nobody_hears_nothing() {
        given().get("/api/v1/stream?topics=fleet")
                .then()
                .statusCode(401)
                .contentType("application/problem+json")
                .body("code", equalTo("unauthenticated"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "?topics=", "?topics=planes", "?topics=fleet,device:a%2Fb"})
    @TestSecurity(user = "vera", roles = "viewer")
    void a_stream_of_no_or_unknown_topics_is_refused(String query) {
        given().get("/api/v1/stream" + query)
                .then()
                .statusCode(400)
                .contentType("application/problem+json")
                .body("violations.field", contains("topics"));
    }

    private void insert(Connection connection, String type) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into live_event (topic, type, payload, created_at) values (?, ?, '{}', now())")) {
            insert.setString(1, topic);
            insert.setString(2, type);
            insert.executeUpdate();
        }
    }

    private List<String> types(Cursor after) {
        return QuarkusTransaction.requiringNew()
                .call(() -> log.after(after, 1000).stream()
                        .filter(event -> event.topic().name().equals(topic))
                        .map(LiveEvent::type)
                        .toList());
    }
}
