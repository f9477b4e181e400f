package io.tinyfleet.server.rollout;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tinyfleet.server.rollout.engine.Evidence;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The columns that hold JSON. What cannot be read is a fault that stops the rollout, never an empty value. */
@ApplicationScoped
class JsonColumns {
    private final ObjectMapper json;

    JsonColumns(ObjectMapper json) {
        this.json = json;
    }

    String write(Object value) {
        try {
            // The declared type: without it the kind of an evidence would be left out.
            return value instanceof EvidenceBody body
                    ? json.writerFor(EvidenceBody.class).writeValueAsString(body)
                    : json.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(value.getClass().getSimpleName() + " cannot be written as JSON", e);
        }
    }

    PlannedRollout plan(RolloutEntity row) {
        return read(row.plan, PlannedRollout.class);
    }

    EvidenceBody evidenceBody(String stored) {
        return read(stored, EvidenceBody.class);
    }

    Evidence evidence(String stored) {
        return evidenceBody(stored).evidence();
    }

    Optional<PriorContent> prior(@Nullable String stored) {
        return stored == null ? Optional.empty() : Optional.of(read(stored, PriorContent.class));
    }

    private <T> T read(String stored, Class<T> type) {
        try {
            return json.readValue(stored, type);
        } catch (JsonProcessingException e) {
            throw new EvidenceUnreadableException("a stored " + type.getSimpleName() + " cannot be read", e);
        }
    }
}
