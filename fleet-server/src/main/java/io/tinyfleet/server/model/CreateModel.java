package io.tinyfleet.server.model;

import io.tinyfleet.server.access.CurrentPerson;
import io.tinyfleet.server.platform.Problem;
import io.tinyfleet.server.platform.ProblemException;
import io.tinyfleet.server.platform.ProblemType;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Names a new model; its releases come later. */
@ApplicationScoped
class CreateModel {
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,63}");
    private static final int MAX_TASK = 100;
    private static final int MAX_DESCRIPTION = 2000;

    private final ModelRepository models;
    private final CurrentPerson person;
    private final InstantSource clock;

    CreateModel(ModelRepository models, CurrentPerson person, InstantSource clock) {
        this.models = models;
        this.person = person;
        this.clock = clock;
    }

    @Transactional
    ModelBody create(ModelRequest request) {
        Violations violations = new Violations();
        String name = violations.required("name", request.name()).orElse("");
        if (request.name() != null && !NAME.matcher(name).matches()) {
            violations.add("name", "must match " + NAME, name);
        }
        Optional<String> task = text(violations, "task", request.task(), MAX_TASK);
        Optional<String> description = text(violations, "description", request.description(), MAX_DESCRIPTION);
        String licence = violations
                .required("licence", request.licence())
                .map(text -> ManifestCheck.licence(violations, text.strip()))
                .orElse("");
        if (!violations.none()) {
            throw new ProblemException(
                    ProblemType.UNPROCESSABLE.withCode("model-refused"),
                    "The model breaks " + violations.all().size() + " rule(s).",
                    violations.all());
        }
        if (models.findByIdOptional(name).isPresent()) {
            throw Problem.conflict("model-exists", "There is a model " + name + " already.");
        }
        ModelEntity model = new ModelEntity(name, task, description, licence, clock.instant(), person.name());
        models.persistAndFlush(model);
        return ModelBody.of(model, List.of());
    }

    private static Optional<String> text(Violations violations, String field, @Nullable String value, int maxLength) {
        if (value == null) {
            return Optional.empty();
        }
        if (value.isBlank() || value.length() > maxLength) {
            violations.add(field, "must have 1 to " + maxLength + " characters", value);
        }
        return Optional.of(value);
    }
}
