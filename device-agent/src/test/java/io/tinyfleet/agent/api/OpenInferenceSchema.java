package io.tinyfleet.agent.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Holds JSON against a definition of docs/open-inference.schema.json. */
final class OpenInferenceSchema {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ID = "urn:tinyfleet:open-inference:2";
    private static final JsonSchemaFactory FACTORY = JsonSchemaFactory.getInstance(
            SpecVersion.VersionFlag.V202012,
            builder -> builder.schemaLoaders(loaders -> loaders.schemas(uri -> uri.startsWith(ID) ? text() : null)));

    private OpenInferenceSchema() {}

    private static String text() {
        try {
            return Files.readString(Path.of("../docs/open-inference.schema.json"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode conforming(String definition, String json) {
        JsonNode node = parse(json);
        JsonSchema schema = FACTORY.getSchema(SchemaLocation.of(ID + "#/$defs/" + definition));
        assertThat(schema.validate(node)).as("%s: %s", definition, json).isEmpty();
        return node;
    }

    static JsonNode parse(String json) {
        try {
            return JSON.readTree(json.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new AssertionError("no JSON: " + json, e);
        }
    }
}
