package io.tinyfleet.server.platform;

import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.UUID;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** The one place where refusals become answers. */
final class ProblemMappers {
    @ServerExceptionMapper
    Response problem(ProblemException problem, UriInfo uri) {
        return Response.status(problem.type().status())
                .type(ProblemBody.MEDIA_TYPE)
                .entity(ProblemBody.of(
                        problem,
                        uri.getRequestUri().getPath(),
                        UUID.randomUUID().toString()))
                .build();
    }
}
