package io.tinyfleet.server.platform;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.ForbiddenException;
import io.quarkus.security.UnauthorizedException;
import jakarta.persistence.OptimisticLockException;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.ConstraintViolationException;
import jakarta.validation.ElementKind;
import jakarta.validation.Path;
import jakarta.ws.rs.WebApplicationException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Which problem a thrown thing is. Everything that reaches a client as an error goes through here. */
final class Problems {
    private static final Logger LOG = Logger.getLogger(Problems.class);

    private static final int MAX_CAUSES = 10;

    /** SQLSTATE class 08 is "connection exception", 57P0x is "the server goes down or comes up". */
    private static final String NO_CONNECTION = "08";

    private static final String NOT_AVAILABLE = "57P0";

    private Problems() {}

    static ProblemException of(Throwable thrown, String requestId) {
        Throwable cause = thrown;
        for (int depth = 0; cause != null && depth < MAX_CAUSES; depth++) {
            Optional<ProblemException> known = known(cause);
            if (known.isPresent()) {
                return known.get();
            }
            cause = cause.getCause();
        }
        if (thrown instanceof WebApplicationException http) {
            return ofStatus(http.getResponse().getStatus());
        }
        LOG.errorf(thrown, "request-failed requestId=%s", requestId);
        return new ProblemException(
                ProblemType.INTERNAL, "The server could not do this; its log has the reason under the request id.");
    }

    private static Optional<ProblemException> known(Throwable thrown) {
        if (thrown instanceof ProblemException problem) {
            return Optional.of(problem);
        }
        if (thrown instanceof JsonProcessingException json) {
            return Optional.of(JsonProblems.of(json));
        }
        if (thrown instanceof ConstraintViolationException violations) {
            return ofViolations(violations);
        }
        if (thrown instanceof UnauthorizedException) {
            return Optional.of(Problem.unauthenticated("unauthenticated", "Sign in, or send an API token."));
        }
        if (thrown instanceof AuthenticationFailedException) {
            return Optional.of(Problem.unauthenticated(
                    "credentials-refused", "The session or token is wrong, expired or no longer valid."));
        }
        if (thrown instanceof ForbiddenException) {
            return Optional.of(Problem.forbidden("forbidden", "Your roles do not allow this."));
        }
        if (thrown instanceof OptimisticLockException) {
            return Optional.of(
                    Problem.conflict("changed-meanwhile", "Somebody else changed this; read it again and repeat."));
        }
        if (thrown instanceof SQLException sql && isUnavailable(sql.getSQLState())) {
            return Optional.of(new ProblemException(
                    ProblemType.UNAVAILABLE.withCode("database-unavailable"), "The database does not answer."));
        }
        return Optional.empty();
    }

    static ProblemException ofStatus(int status) {
        return switch (status) {
            case 401 -> Problem.unauthenticated("unauthenticated", "Sign in, or send an API token.");
            case 403 -> Problem.forbidden("forbidden", "Your roles do not allow this.");
            case 404 -> new ProblemException(ProblemType.NOT_FOUND, "There is nothing at this address.");
            case 405 -> new ProblemException(ProblemType.METHOD_NOT_ALLOWED, "This address does not take that method.");
            case 406 ->
                new ProblemException(
                        ProblemType.NOT_ACCEPTABLE, "There is no answer in any media type the request accepts.");
            case 413 -> new ProblemException(ProblemType.TOO_LARGE, "The body is over the limit of this address.");
            case 415 ->
                new ProblemException(ProblemType.UNSUPPORTED_MEDIA_TYPE, "The body's media type is not taken here.");
            case 429 -> new ProblemException(ProblemType.TOO_MANY_REQUESTS, "Too many requests; wait a little.");
            case 503 -> new ProblemException(ProblemType.UNAVAILABLE, "Not available at the moment.");
            default ->
                status < 500
                        ? new ProblemException(
                                new ProblemType(status, "refused", "The request was refused"),
                                "The request was refused.")
                        : new ProblemException(ProblemType.INTERNAL, "The server could not do this.");
        };
    }

    /** Broken rules of a request are the caller's; those of a return value are a fault here. */
    private static Optional<ProblemException> ofViolations(ConstraintViolationException refused) {
        boolean ofAnswer = refused.getConstraintViolations().stream()
                .flatMap(violation -> nodes(violation).stream())
                .anyMatch(node -> node.getKind() == ElementKind.RETURN_VALUE);
        if (ofAnswer) {
            return Optional.empty();
        }
        List<FieldViolation> violations = refused.getConstraintViolations().stream()
                .map(violation -> new FieldViolation(field(violation), violation.getMessage(), value(violation)))
                .sorted(Comparator.comparing(FieldViolation::field).thenComparing(FieldViolation::rule))
                .toList();
        return Optional.of(Problem.invalid(violations));
    }

    private static String field(ConstraintViolation<?> violation) {
        StringBuilder field = new StringBuilder();
        for (Path.Node node : nodes(violation)) {
            if (node.getKind() == ElementKind.METHOD) {
                continue;
            }
            // The body parameter's own name says nothing to a caller: waves[1].percent, not request.waves[1].percent.
            boolean isBody =
                    node.getKind() == ElementKind.PARAMETER && nodes(violation).size() > 2;
            if (isBody) {
                continue;
            }
            if (node.getIndex() != null) {
                field.append('[').append(node.getIndex()).append(']');
            }
            if (node.getName() != null && !node.getName().startsWith("<")) {
                field.append(field.length() == 0 ? "" : ".").append(node.getName());
            }
        }
        return field.length() == 0 ? "body" : field.toString();
    }

    private static List<Path.Node> nodes(ConstraintViolation<?> violation) {
        List<Path.Node> nodes = new ArrayList<>();
        violation.getPropertyPath().forEach(nodes::add);
        return nodes;
    }

    private static @Nullable String value(ConstraintViolation<?> violation) {
        Object value = violation.getInvalidValue();
        return value instanceof CharSequence || value instanceof Number || value instanceof Enum<?>
                ? value.toString()
                : null;
    }

    private static boolean isUnavailable(@Nullable String sqlState) {
        return sqlState != null && (sqlState.startsWith(NO_CONNECTION) || sqlState.startsWith(NOT_AVAILABLE));
    }
}
