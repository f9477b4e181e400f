package io.tinyfleet.server.platform;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Map;
import java.util.Optional;

/**
 * What every request passes before any resource: a request id, security headers, limits, and the way to the console's
 * pages. And what every request meets that nothing answered: a problem.
 */
@ApplicationScoped
class HttpEdge {
    /** Above the framework's own filters, so that even their refusals carry the headers. */
    private static final int FIRST = 10_000;

    private static final int LAST_ROUTE = Integer.MAX_VALUE - 1;

    private final ObjectMapper json;
    private final ConsolePages console;
    private final Map<String, String> securityHeaders;

    HttpEdge(ObjectMapper json, ConsolePages console) {
        this.json = json;
        this.console = console;
        this.securityHeaders = SecurityHeaders.all(console.inlineScriptHashes());
    }

    void filters(@Observes Filters filters) {
        filters.register(this::enter, FIRST);
    }

    void routes(@Observes Router router) {
        router.route().order(LAST_ROUTE).handler(this::unanswered);
        router.route().failureHandler(this::failed);
    }

    private void enter(RoutingContext context) {
        HttpServerResponse response = context.response();
        response.putHeader(RequestId.HEADER, RequestId.of(context));
        securityHeaders.forEach(response::putHeader);
        String path = context.normalizedPath();
        if (isApi(path)) {
            response.putHeader("Cache-Control", "no-store");
        } else {
            console.cacheControl(path).ifPresent(value -> response.putHeader("Cache-Control", value));
        }
        Optional<ProblemException> tooLarge = tooLarge(context);
        if (tooLarge.isPresent()) {
            write(context, tooLarge.get());
            return;
        }
        if (isReading(context) && !isApi(path) && console.isPage(path)) {
            context.reroute(ConsolePages.INDEX); // Before the resources, which would answer that there is none.
            return;
        }
        context.next();
    }

    private static boolean isReading(RoutingContext context) {
        return context.request().method().equals(HttpMethod.GET)
                || context.request().method().equals(HttpMethod.HEAD);
    }

    private static Optional<ProblemException> tooLarge(RoutingContext context) {
        String type = context.request().getHeader("Content-Type");
        String length = context.request().getHeader("Content-Length");
        boolean isJson = type != null && type.startsWith("application/json");
        boolean isOver = isJson
                && length != null
                && length.matches("[0-9]{1,18}")
                && Long.parseLong(length) > JsonRules.MAX_BODY_BYTES;
        return isOver ? Optional.of(Problem.tooLarge("The JSON body", JsonRules.MAX_BODY_BYTES)) : Optional.empty();
    }

    private void unanswered(RoutingContext context) {
        write(context, Problems.ofStatus(404));
    }

    private void failed(RoutingContext context) {
        if (context.response().ended() || context.response().headWritten()) {
            return;
        }
        Throwable thrown = context.failure();
        ProblemException problem = thrown == null
                ? Problems.ofStatus(context.statusCode() < 400 ? 500 : context.statusCode())
                : Problems.of(thrown, RequestId.of(context));
        write(context, problem);
    }

    static boolean isApi(String path) {
        return isUnder(path, "/api") || isUnder(path, "/auth") || isUnder(path, "/q") || isUnder(path, "/blobs");
    }

    private static boolean isUnder(String path, String folder) {
        return path.equals(folder) || path.startsWith(folder + "/");
    }

    private void write(RoutingContext context, ProblemException problem) {
        HttpServerResponse response = context.response();
        response.putHeader("Cache-Control", "no-store"); // Whatever the address may hold one day.
        problem.headers().forEach(response::putHeader);
        response.setStatusCode(problem.type().status()).putHeader("Content-Type", ProblemBody.MEDIA_TYPE);
        ProblemBody body = ProblemBody.of(problem, context.normalizedPath(), RequestId.of(context));
        try {
            response.end(json.writeValueAsString(body));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a problem cannot be written as JSON", e);
        }
    }
}
