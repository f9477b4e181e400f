package io.tinyfleet.server.platform;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.eclipse.microprofile.openapi.models.responses.APIResponses;
import org.eclipse.microprofile.openapi.models.security.SecurityScheme;

/** Documents the problems every operation can answer with, so that no resource has to repeat them. */
@OpenApiFilter(OpenApiFilter.RunStage.BUILD)
public final class ProblemResponses implements OASFilter {
    private static final String PROBLEM = "Problem";
    private static final String VIOLATION = "FieldViolation";

    private static final Map<String, String> ALWAYS = Map.of(
            "400", "The request breaks a rule; violations name field and rule",
            "401", "Not signed in",
            "403", "The roles do not allow this",
            "500", "A fault in the server; its log has the reason under the request id");
    private static final Map<String, String> WITH_BODY = Map.of(
            "409", "Does not fit the present state",
            "413", "The body is too large",
            "415", "The body's media type is not taken here",
            "422", "The content was understood and refused");

    @Override
    public void filterOpenAPI(OpenAPI api) {
        addSchemas(api);
        addSecurity(api);
        if (api.getPaths() == null || api.getPaths().getPathItems() == null) {
            return;
        }
        api.getPaths()
                .getPathItems()
                .forEach((path, item) ->
                        item.getOperations().forEach((method, operation) -> addProblems(path, method, operation)));
    }

    private static void addSchemas(OpenAPI api) {
        if (api.getComponents() == null) {
            api.setComponents(OASFactory.createComponents());
        }
        Schema violation = object().addProperty("field", string())
                .addProperty("rule", string())
                .addProperty("value", string())
                .required(List.of("field", "rule"));
        Schema problem = object().description("RFC 9457 problem details; code is what a program acts on")
                .addProperty("type", string().format("uri"))
                .addProperty("title", string())
                .addProperty("status", OASFactory.createSchema().addType(Schema.SchemaType.INTEGER))
                .addProperty("detail", string())
                .addProperty("instance", string())
                .addProperty("code", string())
                .addProperty(
                        "violations",
                        OASFactory.createSchema()
                                .addType(Schema.SchemaType.ARRAY)
                                .items(OASFactory.createSchema().ref(VIOLATION)))
                .addProperty("requestId", string())
                .required(List.of("type", "title", "status", "detail", "instance", "code", "requestId"));
        api.getComponents().addSchema(VIOLATION, violation).addSchema(PROBLEM, problem);
    }

    private static void addSecurity(OpenAPI api) {
        api.getComponents()
                .addSecurityScheme(
                        "session",
                        OASFactory.createSecurityScheme()
                                .type(SecurityScheme.Type.APIKEY)
                                .in(SecurityScheme.In.COOKIE)
                                .name("tinyfleet-session")
                                .description("Set by POST /auth/login. What changes something also needs the header"
                                        + " X-TinyFleet: console."))
                .addSecurityScheme(
                        "token",
                        OASFactory.createSecurityScheme()
                                .type(SecurityScheme.Type.HTTP)
                                .scheme("bearer")
                                .description("An API token, tf_…"));
        api.setSecurity(List.of(
                OASFactory.createSecurityRequirement().addScheme("session"),
                OASFactory.createSecurityRequirement().addScheme("token")));
    }

    private static void addProblems(String path, PathItem.HttpMethod method, Operation operation) {
        Map<String, String> problems = new LinkedHashMap<>(ALWAYS);
        if (path.contains("{")) {
            problems.put("404", "There is nothing of that name or id");
        }
        if (method == PathItem.HttpMethod.POST || method == PathItem.HttpMethod.PUT) {
            problems.putAll(WITH_BODY);
        }
        if (path.equals("/auth/login")) {
            problems.put("429", "Too many failed logins; Retry-After says how long to wait");
        }
        APIResponses responses =
                operation.getResponses() == null ? OASFactory.createAPIResponses() : operation.getResponses();
        problems.forEach((status, description) -> {
            if (responses.getAPIResponse(status) == null
                    || responses.getAPIResponse(status).getContent() == null) {
                responses.addAPIResponse(status, problem(description));
            }
        });
        documentOthers(responses);
        operation.setResponses(responses);
    }

    /** Errors that resources declared themselves carry the same body. */
    private static void documentOthers(APIResponses responses) {
        for (String status : new ArrayList<>(responses.getAPIResponses().keySet())) {
            APIResponse response = responses.getAPIResponse(status);
            if (status.matches("[45]..") && response.getContent() == null) {
                response.setContent(problem("").getContent());
            }
        }
    }

    private static APIResponse problem(String description) {
        return OASFactory.createAPIResponse()
                .description(description)
                .content(OASFactory.createContent()
                        .addMediaType(
                                ProblemBody.MEDIA_TYPE,
                                OASFactory.createMediaType()
                                        .schema(OASFactory.createSchema().ref(PROBLEM))));
    }

    private static Schema object() {
        return OASFactory.createSchema().addType(Schema.SchemaType.OBJECT);
    }

    private static Schema string() {
        return OASFactory.createSchema().addType(Schema.SchemaType.STRING);
    }
}
