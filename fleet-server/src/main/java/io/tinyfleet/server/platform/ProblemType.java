package io.tinyfleet.server.platform;

import java.net.URI;

/** A kind of refusal a caller can act on: a stable code, its HTTP status and its title. */
public record ProblemType(int status, String code, String title) {
    public static final ProblemType INVALID = new ProblemType(400, "invalid", "The request breaks a rule");
    public static final ProblemType MALFORMED_JSON = new ProblemType(400, "malformed-json", "The body is not JSON");
    public static final ProblemType UNKNOWN_FIELD =
            new ProblemType(400, "unknown-field", "The body has a field that does not exist");
    public static final ProblemType UNAUTHENTICATED = new ProblemType(401, "unauthenticated", "Sign in first");
    public static final ProblemType FORBIDDEN = new ProblemType(403, "forbidden", "Your roles do not allow this");
    public static final ProblemType NOT_FOUND = new ProblemType(404, "not-found", "Not found");
    public static final ProblemType METHOD_NOT_ALLOWED =
            new ProblemType(405, "method-not-allowed", "This address does not take that method");
    public static final ProblemType NOT_ACCEPTABLE =
            new ProblemType(406, "not-acceptable", "No representation of the accepted types");
    public static final ProblemType CONFLICT =
            new ProblemType(409, "conflict", "The request does not fit the present state");
    public static final ProblemType TOO_LARGE = new ProblemType(413, "too-large", "The body is too large");
    public static final ProblemType UNSUPPORTED_MEDIA_TYPE =
            new ProblemType(415, "unsupported-media-type", "The body's media type is not taken here");
    public static final ProblemType UNPROCESSABLE =
            new ProblemType(422, "unprocessable", "The content was understood and refused");
    public static final ProblemType TOO_MANY_REQUESTS = new ProblemType(429, "too-many-requests", "Too many requests");
    public static final ProblemType INTERNAL = new ProblemType(500, "internal", "A fault in the server");
    public static final ProblemType UNAVAILABLE = new ProblemType(503, "unavailable", "Not available at the moment");

    public ProblemType {
        if (status < 400 || status > 599) {
            throw new IllegalArgumentException("a problem's status must be 400..599, got " + status);
        }
        if (!code.matches("[a-z0-9]+(-[a-z0-9]+)*")) {
            throw new IllegalArgumentException("a problem's code must be lower-case words with hyphens, got " + code);
        }
    }

    /** The same kind with a code of its own, such as {@code wave-already-open}. */
    public ProblemType withCode(String ownCode) {
        return new ProblemType(status, ownCode, title);
    }

    URI uri() {
        return URI.create("urn:tinyfleet:problem:" + code);
    }
}
