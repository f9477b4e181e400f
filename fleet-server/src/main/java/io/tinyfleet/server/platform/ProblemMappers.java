package io.tinyfleet.server.platform;

import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.ForbiddenException;
import io.quarkus.security.UnauthorizedException;
import io.vertx.ext.web.RoutingContext;
import jakarta.validation.ValidationException;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/**
 * The one place where resources' refusals become answers. The narrower types are named only because the framework has
 * mappers of its own for them, which would win over that of {@link Throwable}.
 */
final class ProblemMappers {
    @ServerExceptionMapper
    public Response any(Throwable thrown, RoutingContext context) {
        return answer(thrown, context);
    }

    @ServerExceptionMapper
    public Response problem(ProblemException refused, RoutingContext context) {
        return answer(refused, context);
    }

    @ServerExceptionMapper
    public Response http(WebApplicationException refused, RoutingContext context) {
        return answer(refused, context);
    }

    @ServerExceptionMapper
    public Response notFound(NotFoundException refused, RoutingContext context) {
        return answer(refused, context);
    }

    @ServerExceptionMapper
    public Response json(MismatchedInputException refused, RoutingContext context) {
        return answer(refused, context);
    }

    @ServerExceptionMapper
    public Response validation(ValidationException refused, RoutingContext context) {
        return answer(refused, context);
    }

    @ServerExceptionMapper
    public Response unauthorized(UnauthorizedException refused, RoutingContext context) {
        return answer(refused, context);
    }

    @ServerExceptionMapper
    public Response credentials(AuthenticationFailedException refused, RoutingContext context) {
        return answer(refused, context);
    }

    @ServerExceptionMapper
    public Response forbidden(ForbiddenException refused, RoutingContext context) {
        return answer(refused, context);
    }

    private static Response answer(Throwable thrown, RoutingContext context) {
        String requestId = RequestId.of(context);
        ProblemException problem = Problems.of(thrown, requestId);
        context.response().putHeader("Cache-Control", "no-store"); // Whatever the address may hold one day.
        Response.ResponseBuilder answer = Response.status(problem.type().status())
                .type(ProblemBody.MEDIA_TYPE)
                .entity(ProblemBody.of(problem, context.normalizedPath(), requestId));
        problem.headers().forEach(answer::header);
        return answer.build();
    }
}
