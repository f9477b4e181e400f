package io.tinyfleet.server.platform;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Turns what the JSON reader refuses into problems: the field, the rule, the place. */
final class JsonProblems {
    private JsonProblems() {}

    static ProblemException of(JsonProcessingException refused) {
        StreamConstraintsException limit = causeOf(refused, StreamConstraintsException.class);
        if (limit != null) {
            return new ProblemException(ProblemType.TOO_LARGE, sentence(limit.getOriginalMessage()));
        }
        if (refused instanceof UnrecognizedPropertyException unknown) {
            return unknownField(unknown);
        }
        if (refused instanceof InvalidFormatException wrong) {
            return invalid(path(wrong), "must be " + named(wrong.getTargetType()), String.valueOf(wrong.getValue()));
        }
        if (refused instanceof ValueInstantiationException instantiation) {
            Throwable rule = instantiation.getCause();
            String sentence = rule instanceof ProblemException || rule instanceof IllegalArgumentException
                    ? String.valueOf(rule.getMessage())
                    : "cannot be read as " + named(instantiation.getType().getRawClass());
            return invalid(path(instantiation), sentence, null);
        }
        boolean goesOn = refused.getOriginalMessage() != null
                && refused.getOriginalMessage().startsWith("Trailing token");
        if (refused instanceof MismatchedInputException mismatch && !goesOn) {
            return invalid(path(mismatch), "must be " + named(mismatch.getTargetType()), null);
        }
        if (refused instanceof JsonMappingException mapping
                && !mapping.getPath().isEmpty()) {
            return invalid(path(mapping), "cannot be read: " + mapping.getOriginalMessage(), null);
        }
        JsonLocation place = refused.getLocation();
        String where = place == null ? "" : " (line " + place.getLineNr() + ", column " + place.getColumnNr() + ")";
        return new ProblemException(
                ProblemType.MALFORMED_JSON, "The body is not JSON" + where + ": " + refused.getOriginalMessage());
    }

    private static ProblemException unknownField(UnrecognizedPropertyException unknown) {
        String known = unknown.getKnownPropertyIds() == null
                ? ""
                : unknown.getKnownPropertyIds().stream()
                        .map(Object::toString)
                        .collect(Collectors.toCollection(TreeSet::new))
                        .stream()
                        .collect(Collectors.joining(", "));
        String field = path(unknown);
        return new ProblemException(
                ProblemType.UNKNOWN_FIELD,
                "There is no field " + field + ".",
                List.of(new FieldViolation(field, "does not exist; known here: " + known, null)));
    }

    private static ProblemException invalid(String field, String rule, @Nullable String value) {
        return Problem.invalid(field, rule, value);
    }

    /** As a person writes it: {@code waves[1].percent}. */
    private static String path(JsonMappingException refused) {
        StringBuilder path = new StringBuilder();
        for (JsonMappingException.Reference step : refused.getPath()) {
            if (step.getFieldName() == null) {
                path.append('[').append(step.getIndex()).append(']');
            } else {
                path.append(path.length() == 0 ? "" : ".").append(step.getFieldName());
            }
        }
        return path.length() == 0 ? "body" : path.toString();
    }

    private static String named(@Nullable Class<?> type) {
        if (type == null) {
            return "another kind of value";
        }
        if (type.isEnum()) {
            return "one of "
                    + Arrays.stream(type.getEnumConstants())
                            .map(Object::toString)
                            .collect(Collectors.joining(", "));
        }
        if (type == String.class) {
            return "a string";
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        if (type == int.class || type == long.class || type == Integer.class || type == Long.class) {
            return "a whole number within the limits of " + type.getSimpleName().toLowerCase(Locale.ROOT);
        }
        if (type == double.class || type == Double.class || type == float.class) {
            return "a number";
        }
        if (type.isArray() || Iterable.class.isAssignableFrom(type)) {
            return "a list";
        }
        return type == java.time.Instant.class ? "an instant such as 2026-01-31T12:00:00Z" : "an object";
    }

    private static String sentence(String message) {
        return Optional.of(message).filter(text -> text.endsWith(".")).orElse(message + ".");
    }

    private static <T extends Throwable> @Nullable T causeOf(Throwable thrown, Class<T> type) {
        for (Throwable at = thrown; at != null; at = at.getCause()) {
            if (type.isInstance(at)) {
                return type.cast(at);
            }
        }
        return null;
    }
}
