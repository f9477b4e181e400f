package io.tinyfleet.server.platform;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.net.URI;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** RFC 9457 as this API writes it. */
@Schema(name = "Problem")
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ProblemBody(
        URI type,
        String title,
        int status,
        String detail,
        String instance,
        String code,
        List<FieldViolation> violations,
        String requestId) {
    public static final String MEDIA_TYPE = "application/problem+json";

    static ProblemBody of(ProblemException problem, String instance, String requestId) {
        ProblemType type = problem.type();
        return new ProblemBody(
                type.uri(),
                type.title(),
                type.status(),
                problem.detail(),
                instance,
                type.code(),
                problem.violations(),
                requestId);
    }
}
