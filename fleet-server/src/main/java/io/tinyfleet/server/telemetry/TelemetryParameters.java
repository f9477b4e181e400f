package io.tinyfleet.server.telemetry;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.server.platform.FieldViolation;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads query parameters; what is wrong is added to the violations, so that one answer names all of it. */
final class TelemetryParameters {
    private TelemetryParameters() {}

    static Optional<Digest> artifact(@Nullable String given, List<FieldViolation> violations) {
        try {
            return Optional.ofNullable(given).map(Digest::parse);
        } catch (IllegalArgumentException e) {
            violations.add(new FieldViolation("artifact", "must be a SHA-256 in hex", given));
            return Optional.empty();
        }
    }

    /** The beginning of time when nothing is given. */
    static Instant since(@Nullable String given, List<FieldViolation> violations) {
        try {
            return given == null ? Instant.EPOCH : Instant.parse(given);
        } catch (DateTimeParseException e) {
            violations.add(new FieldViolation("since", "must be an RFC 3339 instant in UTC", given));
            return Instant.EPOCH;
        }
    }
}
