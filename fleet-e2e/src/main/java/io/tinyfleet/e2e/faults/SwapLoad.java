package io.tinyfleet.e2e.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Applications that ask one slot at a fixed rate over the device's local API and know what each version has to answer.
 * A request counts from when it was due: one that waits behind a slow one is slow itself.
 */
final class SwapLoad implements AutoCloseable {
    private static final int CALLERS = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final URI address;
    private final Map<String, Integer> answers;
    private final long intervalNanos;
    private final ObjectMapper json = new ObjectMapper();
    private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
    private final Queue<String> troubles = new ConcurrentLinkedQueue<>();
    private final List<Thread> callers = new ArrayList<>();
    private volatile String newest = "";
    private volatile boolean ended;

    /** One request that was due then and took so long; {@code version} is the one that answered. */
    record Call(long dueNanos, long endNanos, String version, Outcome outcome) {}

    enum Outcome {
        RIGHT,
        /** No answer. */
        LOST,
        /** A number that the version which signs the answer does not compute. */
        MIXED
    }

    /** {@code answers}: what each version adds to the mean of its input. */
    SwapLoad(int port, int perSecond, Map<String, Integer> answers) {
        this.address = URI.create("http://127.0.0.1:" + port + "/v2/models/" + FaultFleet.SLOT + "/infer");
        this.answers = Map.copyOf(answers);
        this.intervalNanos = Duration.ofSeconds(1).toNanos() * CALLERS / perSecond;
    }

    void start() {
        for (int i = 0; i < CALLERS; i++) {
            long offset = intervalNanos * i / CALLERS;
            Thread caller = new Thread(() -> call(offset), "caller-" + i);
            caller.setDaemon(true);
            callers.add(caller);
            caller.start();
        }
    }

    /** The version of the newest answer. */
    String newestVersion() {
        return newest;
    }

    List<Call> calls() {
        return List.copyOf(calls);
    }

    /** Sentences about the first requests that were not answered right. */
    String troubles() {
        return troubles.stream().limit(5).collect(Collectors.joining("\n"));
    }

    private void call(long offset) {
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(PATIENCE)
                .build();
        long due = System.nanoTime() + offset;
        for (int number = 1; !ended; number++) {
            while (due - System.nanoTime() > 0) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            calls.add(ask(client, due, number % 1000));
            due += intervalNanos;
        }
    }

    private Call ask(HttpClient client, long due, int mean) {
        String data = IntStream.range(0, FaultFleet.FRAME_SAMPLES)
                .mapToObj(i -> Integer.toString(mean))
                .collect(Collectors.joining(",", "[", "]"));
        HttpRequest request = HttpRequest.newBuilder(address)
                .timeout(PATIENCE)
                .POST(HttpRequest.BodyPublishers.ofString("{\"inputs\":[{\"name\":\"x\",\"shape\":[1,"
                        + FaultFleet.FRAME_SAMPLES + "],\"datatype\":\"FP32\",\"data\":" + data + "}]}"))
                .build();
        try {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            return judged(due, mean, response);
        } catch (IOException e) {
            troubles.add(String.valueOf(e));
            return new Call(due, System.nanoTime(), "", Outcome.LOST);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Call(due, System.nanoTime(), "", Outcome.LOST);
        }
    }

    private Call judged(long due, int mean, HttpResponse<String> response) throws IOException {
        long end = System.nanoTime();
        JsonNode answer = json.readTree(response.body());
        String version = answer.path("model_version").asText();
        Integer adds = answers.get(version);
        if (response.statusCode() != 200 || adds == null) {
            troubles.add(response.statusCode() + " " + response.body());
            return new Call(due, end, version, Outcome.LOST);
        }
        newest = version;
        double value = answer.path("outputs").path(0).path("data").path(0).asDouble(Double.NaN);
        if (value != mean + adds) {
            troubles.add(version + " answered " + value + " to " + mean);
            return new Call(due, end, version, Outcome.MIXED);
        }
        return new Call(due, end, version, Outcome.RIGHT);
    }

    @Override
    public void close() {
        ended = true;
        try {
            for (Thread caller : callers) {
                caller.join(PATIENCE.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
