package io.tinyfleet.server.platform;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.jackson.ObjectMapperCustomizer;
import jakarta.inject.Singleton;

/** What JSON this API reads: strict, bounded, and nothing guessed. Absent values are left out when writing. */
@Singleton
final class JsonRules implements ObjectMapperCustomizer {
    static final long MAX_BODY_BYTES = 1 << 20;

    private static final int MAX_NESTING = 64;
    private static final int MAX_STRING_CHARACTERS = 256 * 1024;

    @Override
    public void customize(ObjectMapper json) {
        json.getFactory()
                .setStreamReadConstraints(StreamReadConstraints.builder()
                        .maxDocumentLength(MAX_BODY_BYTES)
                        .maxNestingDepth(MAX_NESTING)
                        .maxStringLength(MAX_STRING_CHARACTERS)
                        .build());
        json.enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
        json.enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
        json.enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES);
        json.enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS);
        json.disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT);
        json.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
        json.configure(MapperFeature.ALLOW_COERCION_OF_SCALARS, false);
        json.setSerializationInclusion(JsonInclude.Include.NON_ABSENT);
    }
}
