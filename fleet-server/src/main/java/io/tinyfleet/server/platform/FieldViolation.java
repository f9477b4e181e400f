package io.tinyfleet.server.platform;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/** One broken rule: where, which rule as a sentence or constraint word, and the value that broke it. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record FieldViolation(
        String field, String rule, @Nullable String value) {
    private static final int MAX_VALUE_CHARACTERS = 200;

    public FieldViolation {
        if (value != null && value.length() > MAX_VALUE_CHARACTERS) {
            value = value.substring(0, MAX_VALUE_CHARACTERS) + "…";
        }
    }
}
