package io.tinyfleet.server.enrolment;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.server.access.CurrentPerson;
import io.tinyfleet.server.delivery.TrustKeys;
import io.tinyfleet.server.device.DeviceKind;
import io.tinyfleet.server.device.Enrolments.DeviceKey;
import io.tinyfleet.server.enrolment.EnrolmentTokens.Made;
import io.tinyfleet.server.enrolment.EnrolmentTokens.Terms;
import io.tinyfleet.server.enrolment.EnrolmentTokens.Token;
import io.tinyfleet.server.platform.Endpoints;
import io.tinyfleet.server.platform.FieldViolation;
import io.tinyfleet.server.platform.Problem;
import io.tinyfleet.server.platform.ProblemException;
import io.tinyfleet.server.platform.ProblemType;
import io.vertx.core.http.HttpServerRequest;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@Tag(name = "enrolment")
class EnrolmentResource {
    private static final int MAX_USES = 100_000;
    private static final int MAX_VALID_HOURS = 24 * 365;
    private static final int MAX_NAME = 100;
    private static final int MAX_TOKEN = 200;
    private static final int MAX_BASE64 = 400;

    private final EnrolmentTokens tokens;
    private final EnrolDevice enrolDevice;
    private final DeviceSecrets secrets;
    private final TrustKeys trust;
    private final Endpoints endpoints;
    private final CurrentPerson person;
    private final InstantSource clock;
    private final AttemptBudget budget;

    EnrolmentResource(
            EnrolmentTokens tokens,
            EnrolDevice enrolDevice,
            DeviceSecrets secrets,
            TrustKeys trust,
            Endpoints endpoints,
            CurrentPerson person,
            EnrolmentConfig config,
            InstantSource clock) {
        this.tokens = tokens;
        this.enrolDevice = enrolDevice;
        this.secrets = secrets;
        this.trust = trust;
        this.endpoints = endpoints;
        this.person = person;
        this.clock = clock;
        this.budget = new AttemptBudget(config.maxAttemptsPerMinute(), config.maxRefusalsPerMinute());
    }

    record NewToken(
            @Nullable String name,
            @Nullable String kind,
            @Nullable Integer maxUses,
            @Nullable Integer validHours) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record TokenView(
            UUID id,
            String name,
            @Nullable String token,
            DeviceKind kind,
            int maxUses,
            int uses,
            Instant createdAt,
            Instant expiresAt) {}

    record TokenList(List<TokenView> items) {}

    record Enrolment(
            @Nullable String token,
            @Nullable String deviceId,
            @Nullable String publicKey,
            @Nullable String proof,
            @Nullable String hardwareClass) {}

    /** @param authorities PEM certificates: the only ones to trust at an {@code ssl} address */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Mqtt(
            String url,
            String username,
            String password,
            @Nullable String authorities) {}

    record Enrolled(String deviceId, String root, String rootSha256, DeviceKind kind, Mqtt mqtt, Instant serverTime) {}

    @POST
    @Path("/enrolment-tokens")
    @RolesAllowed("operator")
    @Operation(operationId = "createEnrolmentToken", summary = "Make a token that lets devices enrol; shown once")
    public TokenView create(NewToken request) {
        Made made = tokens.make(terms(request), person.name());
        return view(made.token(), made.secret());
    }

    @GET
    @Path("/enrolment-tokens")
    @RolesAllowed("operator")
    @Operation(operationId = "listEnrolmentTokens", summary = "The tokens, newest first")
    public TokenList list() {
        return new TokenList(
                tokens.list().stream().map(token -> view(token, null)).toList());
    }

    @POST
    @Path("/enrol")
    @PermitAll
    @Operation(operationId = "enrol", summary = "Make a device known; the same token and key repeat the answer")
    public Enrolled enrol(Enrolment request, @Context HttpServerRequest http) {
        String address = http.remoteAddress() == null
                ? ""
                : String.valueOf(http.remoteAddress().hostAddress());
        Instant now = clock.instant();
        if (!budget.take(address, now)) {
            throw new ProblemException(
                    ProblemType.TOO_MANY_REQUESTS, "Too many attempts from this address; try again in a minute.");
        }
        try {
            DeviceKey device = enrolDevice.enrol(application(request));
            return new Enrolled(
                    device.device().value(),
                    Base64.getEncoder().encodeToString(trust.rootEnvelope()),
                    trust.rootDigest().hex(),
                    device.kind(),
                    new Mqtt(
                            endpoints.mqtt().toString(),
                            device.device().value(),
                            secrets.of(device),
                            endpoints.mqttAuthorities().orElse(null)),
                    now);
        } catch (ProblemException refused) {
            budget.fail(address, now);
            throw refused;
        }
    }

    private static Terms terms(@Nullable NewToken request) {
        if (request == null) {
            throw Problem.invalid("body", "must not be empty", null);
        }
        List<FieldViolation> violations = new ArrayList<>();
        String name = request.name() == null ? "" : request.name();
        if (name.length() > MAX_NAME) {
            violations.add(new FieldViolation("name", "must have at most 100 characters", name));
        }
        DeviceKind kind = kind(request.kind(), violations);
        int maxUses = within("maxUses", request.maxUses(), MAX_USES, violations);
        int validHours = within("validHours", request.validHours(), MAX_VALID_HOURS, violations);
        if (!violations.isEmpty()) {
            throw Problem.invalid(violations);
        }
        return new Terms(name, kind, maxUses, Duration.ofHours(validHours));
    }

    private static DeviceKind kind(@Nullable String given, List<FieldViolation> violations) {
        try {
            return DeviceKind.valueOf(String.valueOf(given));
        } catch (IllegalArgumentException unknown) {
            violations.add(new FieldViolation("kind", "must be REAL, REPLAY or SIMULATED", given));
            return DeviceKind.REAL;
        }
    }

    private static int within(String field, @Nullable Integer given, int max, List<FieldViolation> violations) {
        if (given == null || given < 1 || given > max) {
            violations.add(new FieldViolation(field, "must be 1 to " + max, given == null ? null : given.toString()));
            return 1;
        }
        return given;
    }

    private static EnrolDevice.Application application(@Nullable Enrolment request) {
        if (request == null) {
            throw Problem.invalid("body", "must not be empty", null);
        }
        List<FieldViolation> violations = new ArrayList<>();
        String token = text("token", request.token(), MAX_TOKEN, violations);
        String deviceId = text("deviceId", request.deviceId(), MAX_NAME, violations);
        String hardware = text("hardwareClass", request.hardwareClass(), MAX_NAME, violations);
        if (!hardware.matches("[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")) {
            violations.add(
                    new FieldViolation("hardwareClass", "must match [A-Za-z0-9][A-Za-z0-9._+-]{0,63}", hardware));
        }
        byte[] publicKey = base64("publicKey", request.publicKey(), violations);
        byte[] proof = base64("proof", request.proof(), violations);
        if (violations.isEmpty()) {
            try {
                return new EnrolDevice.Application(token, new DeviceId(deviceId), publicKey, proof, hardware);
            } catch (IllegalArgumentException e) {
                violations.add(new FieldViolation("deviceId", "must match [A-Za-z0-9_-]{1,64}", deviceId));
            }
        }
        throw Problem.invalid(violations);
    }

    private static String text(String field, @Nullable String given, int max, List<FieldViolation> violations) {
        if (given == null || given.isEmpty() || given.length() > max) {
            violations.add(new FieldViolation(
                    field,
                    "must have 1 to " + max + " characters",
                    given == null || field.toLowerCase(Locale.ROOT).contains("token") ? null : given));
            return "";
        }
        return given;
    }

    private static byte[] base64(String field, @Nullable String given, List<FieldViolation> violations) {
        String text = text(field, given, MAX_BASE64, violations);
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            violations.add(new FieldViolation(field, "must be base64", text));
            return new byte[0];
        }
    }

    private static TokenView view(Token token, @Nullable String secret) {
        return new TokenView(
                token.id(),
                token.name(),
                secret,
                token.kind(),
                token.maxUses(),
                token.uses(),
                token.createdAt(),
                token.expiresAt());
    }
}
