package io.tinyfleet.agent.api;

import io.tinyfleet.agent.enrol.Json;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** What goes back: a status, headers besides those of every answer, and a body in one or more parts. */
record HttpAnswer(int status, Map<String, String> headers, List<ByteBuffer> body) {

    private static final Map<String, String> JSON = Map.of("Content-Type", "application/json");

    static HttpAnswer json(int status, String json) {
        return new HttpAnswer(status, JSON, List.of(ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8))));
    }

    /** The protocol's error object. */
    static HttpAnswer error(int status, String sentence) {
        return json(status, "{\"error\":" + Json.quote(sentence) + "}");
    }

    int bodyBytes() {
        return body.stream().mapToInt(ByteBuffer::remaining).sum();
    }

    static String reason(int status) {
        return switch (status) {
            case 200 -> "OK";
            case 400 -> "Bad Request";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 408 -> "Request Timeout";
            case 411 -> "Length Required";
            case 413 -> "Content Too Large";
            case 431 -> "Request Header Fields Too Large";
            case 500 -> "Internal Server Error";
            case 501 -> "Not Implemented";
            case 503 -> "Service Unavailable";
            case 504 -> "Gateway Timeout";
            case 505 -> "HTTP Version Not Supported";
            default -> "Status";
        };
    }
}
