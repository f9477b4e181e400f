package io.tinyfleet.registry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The server that a command talks to, by its HTTP API and an API token. Mix it into a command. The token is never taken
 * from the command line, where other users of the machine could read it.
 */
public final class Server {
    /** Names the server when {@code --url} does not. */
    public static final String URL_VARIABLE = "TINYFLEET_URL";
    /** Holds the API token. */
    public static final String TOKEN_VARIABLE = "TINYFLEET_TOKEN";

    static final String DEFAULT_URL = "http://127.0.0.1:8080";
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(1);
    /** A file of 2 GiB over a slow line. */
    private static final Duration TRANSFER_TIMEOUT = Duration.ofHours(2);

    private static final int COPY_BYTES = 64 * 1024;
    private static final int PARTIAL_CONTENT = 206;
    private static final int RANGE_NOT_SATISFIABLE = 416;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Option(
            names = "--url",
            paramLabel = "URL",
            defaultValue = "${env:TINYFLEET_URL:-" + DEFAULT_URL + "}",
            description = "The server's address; else TINYFLEET_URL, else ${DEFAULT-VALUE}.")
    private String url;

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description = "File with the API token; else the variable TINYFLEET_TOKEN.")
    private @Nullable Path tokenFile;

    private @Nullable HttpClient client;

    /** GET a JSON document. */
    public JsonNode get(String path) throws IOException {
        return json(send(request(path).GET(), BodyHandlers.ofInputStream()));
    }

    /** GET a text, or nothing when there is none (404). */
    Optional<String> findText(String path) throws IOException {
        HttpResponse<InputStream> answer = send(request(path).GET(), BodyHandlers.ofInputStream());
        if (answer.statusCode() == 404) {
            answer.body().close();
            return Optional.empty();
        }
        requireGood(answer);
        try (InputStream body = answer.body()) {
            return Optional.of(new String(body.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    /** Whether there is something at that address. */
    boolean exists(String path) throws IOException {
        HttpResponse<InputStream> answer = send(request(path).GET(), BodyHandlers.ofInputStream());
        if (answer.statusCode() == 404) {
            answer.body().close();
            return false;
        }
        json(answer);
        return true;
    }

    /** POST a JSON document. */
    public JsonNode post(String path, JsonNode body) throws IOException {
        return json(send(withJson(path).POST(publisher(body)), BodyHandlers.ofInputStream()));
    }

    /** PUT a JSON document. */
    public JsonNode put(String path, JsonNode body) throws IOException {
        return json(send(withJson(path).PUT(publisher(body)), BodyHandlers.ofInputStream()));
    }

    /** PUT a text. */
    void putText(String path, String mediaType, String text) throws IOException {
        json(send(
                request(path).header("Content-Type", mediaType).PUT(BodyPublishers.ofString(text)),
                BodyHandlers.ofInputStream()));
    }

    /** DELETE. */
    public void delete(String path) throws IOException {
        json(send(request(path).DELETE(), BodyHandlers.ofInputStream()));
    }

    /** POSTs a file as a stream. */
    JsonNode upload(String path, Path file) throws IOException {
        BodyPublisher content;
        try {
            content = BodyPublishers.ofFile(file);
        } catch (FileNotFoundException e) {
            throw new Refused("there is no file " + file, e);
        }
        return json(send(
                request(path)
                        .timeout(TRANSFER_TIMEOUT)
                        .header("Content-Type", "application/octet-stream")
                        .POST(content),
                BodyHandlers.ofInputStream()));
    }

    /** GET a few bytes. */
    byte[] getBytes(String path, int maxBytes) throws IOException {
        HttpResponse<InputStream> answer = send(request(path).GET(), BodyHandlers.ofInputStream());
        requireGood(answer);
        try (InputStream body = answer.body()) {
            byte[] content = body.readNBytes(maxBytes + 1);
            if (content.length > maxBytes) {
                throw new Refused("the server answered more than " + maxBytes + " bytes to " + path);
            }
            return content;
        }
    }

    /** Continues a file with what the server has behind its present end. */
    void download(String path, Path part) throws IOException {
        long have = Files.exists(part) ? Files.size(part) : 0;
        HttpRequest.Builder request = request(path).timeout(TRANSFER_TIMEOUT).GET();
        if (have > 0) {
            request.header("Range", "bytes=" + have + "-");
        }
        HttpResponse<InputStream> answer = send(request, BodyHandlers.ofInputStream());
        if (answer.statusCode() == RANGE_NOT_SATISFIABLE) {
            // All of it is here already, or more: its digest will tell.
            answer.body().close();
            return;
        }
        requireGood(answer);
        boolean goesOn = answer.statusCode() == PARTIAL_CONTENT;
        try (InputStream in = answer.body();
                OutputStream out = Files.newOutputStream(
                        part,
                        StandardOpenOption.CREATE,
                        goesOn ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            byte[] buffer = new byte[COPY_BYTES];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                out.write(buffer, 0, read);
            }
        }
    }

    /** One step of a path, so that no name can lead elsewhere. */
    static String step(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private HttpRequest.Builder withJson(String path) {
        return request(path).header("Content-Type", "application/json");
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(address(path))
                .timeout(ANSWER_TIMEOUT)
                .header("Authorization", "Bearer " + token());
    }

    private URI address(String path) {
        try {
            URI base = new URI(url);
            if (base.getHost() == null || !("http".equals(base.getScheme()) || "https".equals(base.getScheme()))) {
                throw new Refused("the server's address must be http://… or https://…, got " + url);
            }
            return new URI(url.replaceAll("/+$", "") + path);
        } catch (URISyntaxException e) {
            throw new Refused("the server's address cannot be read: " + url, e);
        }
    }

    private String token() {
        String token = Optional.ofNullable(tokenFile)
                .map(Server::read)
                .or(() -> Optional.ofNullable(System.getenv(TOKEN_VARIABLE)))
                .or(() -> Optional.ofNullable(System.getProperty("tinyfleet.token")))
                .map(String::strip)
                .orElse("");
        if (token.isEmpty() || !token.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw new Refused("an API token with the role data is needed: put it into the variable " + TOKEN_VARIABLE
                    + " or into a file named by --token-file");
        }
        return token;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new Refused("the token file " + file + " cannot be read", e);
        }
    }

    private HttpResponse<InputStream> send(HttpRequest.Builder request, HttpResponse.BodyHandler<InputStream> handler)
            throws IOException {
        HttpClient open = client;
        if (open == null) {
            open = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CONNECT_TIMEOUT)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .build();
            client = open;
        }
        try {
            return open.send(request.build(), handler);
        } catch (ConnectException e) {
            throw new Refused("no server answers at " + url + "; name it with --url or " + URL_VARIABLE, e);
        } catch (HttpTimeoutException e) {
            throw new Refused("the server at " + url + " did not answer in time", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refused("interrupted", e);
        }
    }

    private static JsonNode json(HttpResponse<InputStream> answer) throws IOException {
        requireGood(answer);
        try (InputStream body = answer.body()) {
            JsonNode document = JSON.readTree(body);
            return document == null ? MissingNode.getInstance() : document;
        }
    }

    private static void requireGood(HttpResponse<InputStream> answer) throws IOException {
        if (answer.statusCode() / 100 == 2) {
            return;
        }
        try (InputStream body = answer.body()) {
            throw new Refused(sentence(answer.statusCode(), body.readNBytes(COPY_BYTES)));
        }
    }

    /** What an RFC 9457 problem says, in one line. */
    private static String sentence(int status, byte[] body) {
        JsonNode problem;
        try {
            problem = JSON.readTree(body);
        } catch (IOException e) {
            return "the server answered " + status;
        }
        if (problem == null || !problem.hasNonNull("detail")) {
            return "the server answered " + status;
        }
        String violations = StreamSupport.stream(problem.path("violations").spliterator(), false)
                .map(v -> v.path("field").asText() + " " + v.path("rule").asText()
                        + (v.hasNonNull("value") ? ", got " + v.path("value").asText() : ""))
                .collect(Collectors.joining("; "));
        return problem.path("detail").asText() + (violations.isEmpty() ? "" : " " + violations) + " ("
                + problem.path("code").asText(Integer.toString(status)) + ")";
    }

    private static BodyPublisher publisher(JsonNode body) throws IOException {
        return BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body));
    }
}
