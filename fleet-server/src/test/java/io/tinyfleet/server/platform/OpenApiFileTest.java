package io.tinyfleet.server.platform;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The published description of the API says what the server does, and clients can be made from it. */
@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
class OpenApiFileTest {
    private static final Path PUBLISHED = Path.of("../docs/openapi.json");
    private static final String UPDATE = "mvn -pl fleet-server -am test -DskipUi -Dtest=OpenApiFileTest"
            + " -Dsurefire.failIfNoSpecifiedTests=false -Dopenapi.update=true";
    private static final Set<String> METHODS = Set.of("get", "put", "post", "delete", "patch");

    private final ObjectMapper json = new ObjectMapper()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

    private record NamedOperation(String name, JsonNode node) {}

    private JsonNode served() throws IOException {
        return json.readTree(given().accept("application/json")
                .get("/q/openapi?format=json")
                .then()
                .statusCode(200)
                .extract()
                .asByteArray());
    }

    private List<NamedOperation> operations() throws IOException {
        List<NamedOperation> operations = new ArrayList<>();
        served().get("paths")
                .fields()
                .forEachRemaining(path -> path.getValue().fields().forEachRemaining(method -> {
                    if (METHODS.contains(method.getKey())) {
                        operations.add(new NamedOperation(method.getKey() + " " + path.getKey(), method.getValue()));
                    }
                }));
        return operations;
    }

    @Test
    void the_published_file_is_what_the_server_serves() throws IOException {
        String served = json.writeValueAsString(json.treeToValue(served(), Object.class)) + "\n";
        if (Boolean.getBoolean("openapi.update")) {
            Files.writeString(PUBLISHED, served);
        }
        assertThat(PUBLISHED).as("update it with: %s", UPDATE).exists();
        assertThat(Files.readString(PUBLISHED).equals(served))
                .as("docs/openapi.json is not what the server serves; update it with: %s", UPDATE)
                .isTrue();
    }

    @Test
    void every_operation_documents_its_refusals_as_problems() throws IOException {
        assertThat(operations()).isNotEmpty().allSatisfy(operation -> {
            JsonNode responses = operation.node().get("responses");
            assertThat(List.of("400", "401", "403", "500"))
                    .as(operation.name())
                    .allSatisfy(status -> assertThat(responses.has(status)).isTrue());
            responses.fields().forEachRemaining(response -> {
                if (response.getKey().matches("[45]..")) {
                    assertThat(response.getValue()
                                    .at("/content/application~1problem+json/schema/$ref")
                                    .asText())
                            .as("%s %s", operation.name(), response.getKey())
                            .isEqualTo("#/components/schemas/Problem");
                }
            });
        });
    }

    @Test
    void every_operation_has_a_name_of_its_own() throws IOException {
        List<String> names = operations().stream()
                .map(operation -> operation.node().path("operationId").asText())
                .toList();
        assertThat(names)
                .doesNotHaveDuplicates()
                .allSatisfy(name -> assertThat(name).matches("[a-zA-Z][a-zA-Z0-9_]+"));
    }
}
