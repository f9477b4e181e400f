package io.tinyfleet.server.platform;

import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.HttpHeaders;
import java.lang.annotation.Annotation;
import java.util.Arrays;
import java.util.List;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/** Refuses an empty body where a JSON one is read, so that no resource ever sees a null request. */
final class BodyRequired {
    @ServerRequestFilter
    void check(ContainerRequestContext request, ResourceInfo resource) {
        if (hasBody(request) || resource.getResourceMethod() == null) {
            return;
        }
        boolean readsJson = Arrays.stream(resource.getResourceMethod().getParameters())
                .anyMatch(parameter -> parameter.getType().isRecord() && !isBound(parameter.getAnnotations()));
        if (readsJson) {
            throw Problem.invalid("body", "must be a JSON object", null);
        }
    }

    private static boolean hasBody(ContainerRequestContext request) {
        List<String> length = request.getHeaders().get(HttpHeaders.CONTENT_LENGTH);
        return request.getHeaders().containsKey("Transfer-Encoding")
                || (length != null && !length.isEmpty() && !length.get(0).equals("0"));
    }

    private static boolean isBound(Annotation[] annotations) {
        return Arrays.stream(annotations)
                .map(annotation -> annotation.annotationType().getName())
                .anyMatch(name -> name.startsWith("jakarta.ws.rs.") || name.startsWith("org.jboss.resteasy.reactive."));
    }
}
