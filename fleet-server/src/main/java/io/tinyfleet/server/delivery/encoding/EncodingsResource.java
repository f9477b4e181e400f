package io.tinyfleet.server.delivery.encoding;

import io.smallrye.common.annotation.Blocking;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.server.platform.Problem;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** Shows which encodings are made, and what they cost. */
@Path("/api/v1/encodings")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public class EncodingsResource {
    private final EncodingRows rows;

    EncodingsResource(EncodingRows rows) {
        this.rows = rows;
    }

    /** @param reason why there is none; absent while all is well */
    public record EncodingBody(
            String artifact,
            String kind,
            @Nullable String base,
            String state,
            @Nullable Long bytes,
            @Nullable Double cpuSeconds,
            @Nullable String reason,
            Instant updatedAt) {}

    public record Encodings(List<EncodingBody> items) {}

    @GET
    @RolesAllowed("viewer")
    @Operation(
            operationId = "listEncodings",
            summary = "Deltas and compressed forms of artifacts, made or in the making, newest change first")
    public Encodings list(@QueryParam("artifact") @Nullable String artifact) {
        return new Encodings(rows.list(Optional.ofNullable(artifact).map(EncodingsResource::digest)).stream()
                .map(EncodingsResource::body)
                .toList());
    }

    private static Digest digest(String artifact) {
        try {
            return Digest.parse(artifact);
        } catch (IllegalArgumentException e) {
            throw Problem.invalid("artifact", "must be 64 lower-case hexadecimal characters", artifact);
        }
    }

    private static EncodingBody body(EncodingRows.Row row) {
        return new EncodingBody(
                row.key().target().hex(),
                row.key().kind(),
                row.key().base().map(Digest::hex).orElse(null),
                row.state().name(),
                row.bytes().orElse(null),
                row.cpuSeconds().orElse(null),
                row.reason().orElse(null),
                row.updatedAt());
    }
}
