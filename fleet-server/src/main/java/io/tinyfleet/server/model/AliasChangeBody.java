package io.tinyfleet.server.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One move of an alias.
 *
 * @param fromVersion absent where the alias did not exist before
 * @param toVersion absent where it was removed
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record AliasChangeBody(
        long revision,
        @Nullable String fromVersion,
        @Nullable String toVersion,
        Instant changedAt,
        String changedBy) {}
