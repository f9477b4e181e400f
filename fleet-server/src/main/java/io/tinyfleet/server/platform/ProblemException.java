package io.tinyfleet.server.platform;

import java.util.List;

/** A refusal that becomes an RFC 9457 answer; see {@link Problem} for the usual ones. */
public class ProblemException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient ProblemType type;
    private final transient List<FieldViolation> violations;

    public ProblemException(ProblemType type, String detail, List<FieldViolation> violations) {
        super(detail);
        this.type = type;
        this.violations = List.copyOf(violations);
    }

    public ProblemException(ProblemType type, String detail) {
        this(type, detail, List.of());
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
}
