package io.tinyfleet.server.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/** A model as the API shows it, its newest releases first. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ModelBody(
        String name,
        @Nullable String task,
        @Nullable String description,
        String licence,
        SortedSet<String> tags,
        boolean hasCard,
        List<ReleaseSummary> releases) {
    static ModelBody of(ModelEntity model, List<ReleaseSummary> releases) {
        return new ModelBody(
                model.name(),
                model.task().orElse(null),
                model.description().orElse(null),
                model.licence(),
                model.tags(),
                model.card().isPresent(),
                releases);
    }
}
