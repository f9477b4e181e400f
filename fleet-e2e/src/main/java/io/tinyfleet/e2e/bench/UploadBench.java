package io.tinyfleet.e2e.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tinyfleet.e2e.demo.Progress;
import io.tinyfleet.e2e.process.FleetApi;
import io.tinyfleet.e2e.process.Installation;
import io.tinyfleet.e2e.process.Memory;
import io.tinyfleet.e2e.process.ServerProcess;
import io.tinyfleet.protocol.Digest;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * {@code ./bench upload}: a model file of 1 GB goes up to a server with the quick start's heap and comes down again.
 * Tells how long it took and how much memory the server had before and at most.
 *
 * <p>Argument: a folder to work in, with 4 GB free.
 */
public final class UploadBench {
    private static final long ELEMENTS = 250_000_000;
    private static final Duration LIMIT = Duration.ofMinutes(15);
    private static final int COPY_BYTES = 64 * 1024;

    private UploadBench() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path work = Path.of(arguments[0]);
        Progress progress = new Progress(System.err, 3);
        progress.step("writing a model of 1 GB");
        Path file = write(work.resolve("large.gguf"));
        progress.step("starting a server");
        try (ServerProcess server = ServerProcess.start(
                Installation.ofSystemProperty(),
                work.resolve("server"),
                ServerProcess.Ports.FREE,
                work.resolve("server.log"),
                List.of())) {
            progress.step("sending it and fetching it again");
            System.out.println(run(server, file));
        }
    }

    private static ObjectNode run(ServerProcess server, Path file) throws IOException, InterruptedException {
        FleetApi admin = FleetApi.withPassword(
                server.http(), "admin", server.adminPassword().orElseThrow());
        ObjectNode wanted = FleetApi.object();
        wanted.put("name", "benchmark");
        wanted.putArray("roles").add("data").add("viewer");
        String token = admin.post("/api/v1/tokens", wanted).path("token").asText();
        // Like the command line: an upgrade to HTTP/2 in the middle of a long body ends the connection.
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        long pid = server.process().pid();
        ObjectNode result = FleetApi.object();
        result.put("bytes", Files.size(file));
        result.put("serverRssBeforeMb", round(Memory.rssMegabytes(pid)));

        long start = System.nanoTime();
        String answer = client.send(
                        request(server, "/api/v1/artifacts?name=large.gguf", token)
                                .header("Content-Type", "application/octet-stream")
                                .POST(HttpRequest.BodyPublishers.ofFile(file))
                                .build(),
                        BodyHandlers.ofString())
                .body();
        result.put("uploadSeconds", seconds(start));
        result.put("serverRssPeakAfterUploadMb", round(Memory.peakRssMegabytes(pid)));
        JsonNode artifact = FleetApi.parse(answer);
        String sha256 = artifact.path("sha256").asText();
        if (!sha256.equals(Digest.ofFile(file).hex())) {
            throw new IllegalStateException("the server answered " + answer);
        }

        long back = System.nanoTime();
        Digest.Hasher hasher = Digest.hasher();
        try (InputStream body = client.send(
                        request(server, "/api/v1/artifacts/" + sha256 + "/content", token)
                                .GET()
                                .build(),
                        BodyHandlers.ofInputStream())
                .body()) {
            byte[] buffer = new byte[COPY_BYTES];
            for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
                hasher.update(buffer, 0, read);
            }
        }
        result.put("downloadSeconds", seconds(back));
        result.put("serverRssPeakMb", round(Memory.peakRssMegabytes(pid)));
        result.put("verified", hasher.digest().hex().equals(sha256));
        return result;
    }

    private static HttpRequest.Builder request(ServerProcess server, String path, String token) {
        return HttpRequest.newBuilder(URI.create(server.http().toString().replaceAll("/+$", "") + path))
                .timeout(LIMIT)
                .header("Authorization", "Bearer " + token);
    }

    /** A GGUF file (gguf.md of ggml) with one tensor of 32-bit floats. */
    private static Path write(Path file) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
        head.put("GGUF".getBytes(StandardCharsets.US_ASCII))
                .putInt(3)
                .putLong(1)
                .putLong(1);
        text(head, "general.architecture").putInt(8);
        text(head, "benchmark");
        text(head, "w").putInt(1).putLong(ELEMENTS).putInt(0).putLong(0);
        int headBytes = (head.position() + 31) / 32 * 32;
        byte[] piece = new byte[1_000_000];
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
            out.write(head.array(), 0, headBytes);
            for (long written = 0; written < ELEMENTS * Float.BYTES; written += piece.length) {
                // No two pieces are the same.
                ByteBuffer.wrap(piece).putLong(written);
                out.write(piece);
            }
        }
        return file;
    }

    private static ByteBuffer text(ByteBuffer out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        return out.putLong(bytes.length).put(bytes);
    }

    private static double seconds(long start) {
        return round((System.nanoTime() - start) / 1e9);
    }

    private static double round(double value) {
        return Math.round(value * 10) / 10.0;
    }
}
