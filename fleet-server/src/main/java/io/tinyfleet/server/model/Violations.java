package io.tinyfleet.server.model;

import io.tinyfleet.server.platform.FieldViolation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Collects every broken rule of one request, so that the sender can mend all of them at once. One thread only. */
final class Violations {
    static final int MAX_REPORTED = 50;
    static final String REQUIRED = "is required";

    private final List<FieldViolation> found = new ArrayList<>();

    void add(String field, String rule, @Nullable Object value) {
        if (found.size() < MAX_REPORTED) {
            found.add(new FieldViolation(field, rule, value == null ? null : value.toString()));
        }
    }

    <T> Optional<T> required(String field, @Nullable T value) {
        if (value == null) {
            add(field, REQUIRED, null);
        }
        return Optional.ofNullable(value);
    }

    int integer(String field, @Nullable Integer value, int min, int max) {
        return (int) whole(field, value == null ? null : value.longValue(), min, max);
    }

    long whole(String field, @Nullable Long value, long min, long max) {
        if (value == null) {
            add(field, REQUIRED, null);
            return min;
        }
        if (value < min || value > max) {
            add(field, "must be " + min + " to " + max, value);
            return min;
        }
        return value;
    }

    double number(String field, @Nullable Double value, double min, double max) {
        if (value == null) {
            add(field, REQUIRED, null);
            return min;
        }
        // Written so that NaN is refused too.
        if (!(value >= min && value <= max)) {
            add(field, "must be " + min + " to " + max, value);
            return min;
        }
        return value;
    }

    boolean none() {
        return found.isEmpty();
    }

    List<FieldViolation> all() {
        return List.copyOf(found);
    }
}
