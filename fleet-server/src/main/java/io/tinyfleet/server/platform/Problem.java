package io.tinyfleet.server.platform;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The usual refusals, in sentences. */
public final class Problem {
    private Problem() {}

    public static ProblemException notFound(String what, Object id) {
        return new ProblemException(ProblemType.NOT_FOUND, "There is no " + what + " " + id + ".");
    }

    /** The request does not fit the present state; {@code code} is what a program acts on. */
    public static ProblemException conflict(String code, String detail) {
        return new ProblemException(ProblemType.CONFLICT.withCode(code), detail);
    }

    public static ProblemException invalid(String field, String rule, @Nullable Object value) {
        FieldViolation violation = new FieldViolation(field, rule, value == null ? null : value.toString());
        return new ProblemException(ProblemType.INVALID, field + " " + rule + ".", List.of(violation));
    }

    public static ProblemException invalid(List<FieldViolation> violations) {
        String fields = String.join(
                ", ", violations.stream().map(FieldViolation::field).distinct().toList());
        return new ProblemException(ProblemType.INVALID, "Refused because of " + fields + ".", violations);
    }

    /** The content was read and refused, such as a model file that is not one. */
    public static ProblemException unprocessable(String code, String detail) {
        return new ProblemException(ProblemType.UNPROCESSABLE.withCode(code), detail);
    }

    public static ProblemException forbidden(String code, String detail) {
        return new ProblemException(ProblemType.FORBIDDEN.withCode(code), detail);
    }

    public static ProblemException unauthenticated(String code, String detail) {
        return new ProblemException(ProblemType.UNAUTHENTICATED.withCode(code), detail)
                .withHeader("WWW-Authenticate", "Bearer realm=\"tinyfleet\"");
    }

    public static ProblemException tooLarge(String what, long limitBytes) {
        return new ProblemException(ProblemType.TOO_LARGE, what + " is over the limit of " + limitBytes + " bytes.");
    }
}
