package io.tinyfleet.server.platform;

import java.util.List;
import java.util.Map;

/** A refusal that becomes an RFC 9457 answer; see {@link Problem} for the usual ones. */
public class ProblemException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient ProblemType type;
    private final transient List<FieldViolation> violations;
    private final transient Map<String, String> headers;

    public ProblemException(ProblemType type, String detail, List<FieldViolation> violations) {
        this(type, detail, violations, Map.of());
    }

    public ProblemException(ProblemType type, String detail) {
        this(type, detail, List.of(), Map.of());
    }

    private ProblemException(
            ProblemType type, String detail, List<FieldViolation> violations, Map<String, String> headers) {
        super(detail);
        this.type = type;
        this.violations = List.copyOf(violations);
        this.headers = Map.copyOf(headers);
    }

    /** The same refusal with a header on the answer, such as {@code Retry-After}. */
    public ProblemException withHeader(String name, String value) {
        return new ProblemException(type, detail(), violations, Map.of(name, value));
    }

    public ProblemType type() {
        return type;
    }

    public String detail() {
        return String.valueOf(getMessage());
    }

    public List<FieldViolation> violations() {
        return violations;
    }

    Map<String, String> headers() {
        return headers;
    }
}
