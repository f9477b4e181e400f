package io.tinyfleet.e2e.process;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A client of the HTTP API as an operator's script would write it. */
public final class FleetApi {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration REQUEST_LIMIT = Duration.ofSeconds(60);

    private final URI server;
    private final HttpClient http;
    private final @Nullable String token;

    private FleetApi(URI server, HttpClient http, @Nullable String token) {
        this.server = server;
        this.http = http;
        this.token = token;
    }

    /** What the server answered: a status and, where there was a body, its JSON. */
    public record Answer(int status, JsonNode body) {
        public boolean isSuccess() {
            return status / 100 == 2;
        }
    }

    /** The server refused; the sentence holds its problem document. */
    public static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final int status;
        private final String code;

        Refused(String request, Answer answer) {
            super(request + " was refused with " + answer.status() + ": " + answer.body());
            this.status = answer.status();
            this.code = answer.body().path("code").asText("");
        }

        public int status() {
            return status;
        }

        /** The problem's stable code, or empty. */
        public String code() {
            return code;
        }
    }

    public static FleetApi withToken(URI server, String token) {
        return new FleetApi(server, HttpClient.newHttpClient(), token);
    }

    /** Logs in as the console does: a form, then a cookie. */
    public static FleetApi withPassword(URI server, String name, String password) {
        HttpClient http =
                HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
        FleetApi api = new FleetApi(server, http, null);
        String form = "j_username=" + encode(name) + "&j_password=" + encode(password);
        Answer answer = api.send(api.request("/auth/login")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(form)));
        if (!answer.isSuccess()) {
            throw new Refused("login of " + name, answer);
        }
        return api;
    }

    public static ObjectNode object() {
        return JSON.createObjectNode();
    }

    public static JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException wrong) {
            throw new IllegalArgumentException("not JSON: " + json, wrong);
        }
    }

    public JsonNode get(String path) {
        return expectSuccess("GET " + path, send(request(path).GET()));
    }

    public Optional<JsonNode> find(String path) {
        Answer answer = send(request(path).GET());
        return answer.status() == 404 ? Optional.empty() : Optional.of(expectSuccess("GET " + path, answer));
    }

    public JsonNode post(String path, JsonNode body) {
        return expectSuccess("POST " + path, tryPost(path, body));
    }

    public JsonNode put(String path, JsonNode body) {
        return expectSuccess("PUT " + path, send(json(path).PUT(BodyPublishers.ofString(body.toString()))));
    }

    /** Posts and answers whatever comes, also a refusal. */
    public Answer tryPost(String path, JsonNode body) {
        return send(json(path).POST(BodyPublishers.ofString(body.toString())));
    }

    /** Streams a file. */
    public Answer tryUpload(String path, Path file) {
        try {
            return upload(path, BodyPublishers.ofFile(file));
        } catch (FileNotFoundException missing) {
            throw new UncheckedIOException(missing);
        }
    }

    public JsonNode upload(String path, Path file) {
        return expectSuccess("POST " + path, tryUpload(path, file));
    }

    public Answer tryUpload(String path, byte[] content) {
        return upload(path, BodyPublishers.ofByteArray(content));
    }

    public JsonNode upload(String path, byte[] content) {
        return expectSuccess("POST " + path, tryUpload(path, content));
    }

    private Answer upload(String path, BodyPublisher body) {
        return send(
                request(path).header("Content-Type", "application/octet-stream").POST(body));
    }

    private HttpRequest.Builder json(String path) {
        return request(path).header("Content-Type", "application/json");
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(server.resolve(path))
                .timeout(REQUEST_LIMIT)
                .header("X-TinyFleet", "console");
        return token == null ? builder : builder.header("Authorization", "Bearer " + token);
    }

    private Answer send(HttpRequest.Builder request) {
        HttpRequest built = request.build();
        try {
            HttpResponse<String> response = http.send(built, BodyHandlers.ofString());
            return new Answer(response.statusCode(), body(response.body()));
        } catch (IOException failure) {
            throw new UncheckedIOException(built.method() + " " + built.uri() + ": " + failure.getMessage(), failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException("interrupted: " + built.uri()));
        }
    }

    private static JsonNode body(String text) {
        if (text.isBlank()) {
            return MissingNode.getInstance();
        }
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException notJson) {
            return JSON.getNodeFactory().textNode(text);
        }
    }

    private static JsonNode expectSuccess(String request, Answer answer) {
        if (!answer.isSuccess()) {
            throw new Refused(request, answer);
        }
        return answer.body();
    }

    private static String encode(String value) {
        return java.net.URLEncoder.encode(value, StandardCharsets.UTF_8);
    }
}
