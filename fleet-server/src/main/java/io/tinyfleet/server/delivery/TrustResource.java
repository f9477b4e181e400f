package io.tinyfleet.server.delivery;

import io.smallrye.common.annotation.Blocking;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.server.platform.Problem;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** Roots, floors and the state of trust. Signed documents travel as the bytes of their envelopes. */
@Path("/api/v1/trust")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public class TrustResource {
    private final ShowTrust show;
    private final AcceptRoot acceptRoot;
    private final SetFloor setFloor;
    private final TrustKeys trust;

    TrustResource(ShowTrust show, AcceptRoot acceptRoot, SetFloor setFloor, TrustKeys trust) {
        this.show = show;
        this.acceptRoot = acceptRoot;
        this.setFloor = setFloor;
        this.trust = trust;
    }

    /** @param minSecurityVersion releases of the model with a lower security version are no longer installed */
    public record FloorRequest(@Nullable Long minSecurityVersion) {}

    @GET
    @RolesAllowed("viewer")
    @Operation(operationId = "getTrust", summary = "Root, roles, the list of live releases and floors")
    public TrustBody get() {
        return show.show();
    }

    @GET
    @Path("/roots/{version}")
    @Produces(MediaType.APPLICATION_OCTET_STREAM)
    @RolesAllowed("viewer")
    @Operation(operationId = "getRoot", summary = "The signed envelope of a root")
    public byte[] root(@PathParam("version") long version) {
        return trust.findRoot(version).orElseThrow(() -> Problem.notFound("root version", version));
    }

    @POST
    @Path("/roots")
    @Consumes(MediaType.APPLICATION_OCTET_STREAM)
    @RolesAllowed("admin")
    @Operation(
            operationId = "acceptRoot",
            summary = "Take the next root, signed by the thresholds of the present one and of itself")
    public TrustBody acceptRoot(@Nullable InputStream envelope) {
        acceptRoot.accept(read(envelope));
        return show.show();
    }

    @PUT
    @Path("/floors/{model}")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed("data")
    @Operation(operationId = "setFloor", summary = "Sign and publish a model's floor")
    public TrustBody.FloorBody setFloor(@PathParam("model") String model, @Nullable FloorRequest request) {
        Long floor = request == null ? null : request.minSecurityVersion();
        if (floor == null || floor < 0) {
            throw Problem.invalid("minSecurityVersion", "must be 0 or more", floor);
        }
        return TrustBody.FloorBody.of(setFloor.set(model, floor));
    }

    @POST
    @Path("/floors/{model}/signed")
    @Consumes(MediaType.APPLICATION_OCTET_STREAM)
    @RolesAllowed("data")
    @Operation(operationId = "uploadFloors", summary = "Publish a model's floors that were signed elsewhere")
    public TrustBody.FloorBody uploadFloors(@PathParam("model") String model, @Nullable InputStream envelope) {
        return TrustBody.FloorBody.of(setFloor.upload(model, read(envelope)));
    }

    private static byte[] read(@Nullable InputStream envelope) {
        if (envelope == null) {
            throw Problem.invalid("body", "must be the bytes of a signed envelope", null);
        }
        try {
            byte[] bytes = envelope.readNBytes(Limits.MAX_METADATA_BYTES + 1);
            if (bytes.length > Limits.MAX_METADATA_BYTES) {
                throw Problem.tooLarge("A signed envelope", Limits.MAX_METADATA_BYTES);
            }
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException("the request broke off", e);
        }
    }
}
