package io.tinyfleet.server.model;

import io.smallrye.common.annotation.Blocking;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.server.model.ModelsResource.TagsRequest;
import io.tinyfleet.server.platform.Problem;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

@Path("/api/v1/releases")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public class ReleasesResource {
    private final ListModels list;
    private final WithdrawRelease withdraw;
    private final DescribeModel describe;

    ReleasesResource(ListModels list, WithdrawRelease withdraw, DescribeModel describe) {
        this.list = list;
        this.withdraw = withdraw;
        this.describe = describe;
    }

    /** Why a release is to be offered no more. */
    public record WithdrawalRequest(@Nullable String reason) {}

    @GET
    @Path("/{id}")
    @RolesAllowed("viewer")
    @Operation(operationId = "getRelease", summary = "A release with its variants")
    public ReleaseBody get(@PathParam("id") String id) {
        return list.getRelease(parse(id));
    }

    @GET
    @Path("/{id}/envelope")
    @Produces(MediaType.APPLICATION_OCTET_STREAM)
    @RolesAllowed("viewer")
    @Operation(operationId = "getReleaseEnvelope", summary = "The signed envelope of a release, as devices verify it")
    public byte[] envelope(@PathParam("id") String id) {
        return list.getEnvelope(parse(id));
    }

    @DELETE
    @Path("/{id}")
    @RolesAllowed("data")
    @Operation(operationId = "removeRelease", summary = "Remove a release that was never offered to a device")
    public void remove(@PathParam("id") String id) {
        withdraw.remove(parse(id));
    }

    @PUT
    @Path("/{id}/withdrawal")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed("data")
    @Operation(operationId = "withdrawRelease", summary = "Offer a release no more; devices that run it go on")
    public ReleaseBody withdraw(@PathParam("id") String id, @Nullable WithdrawalRequest request) {
        return withdraw.withdraw(parse(id), request == null ? null : request.reason());
    }

    @DELETE
    @Path("/{id}/withdrawal")
    @RolesAllowed("data")
    @Operation(operationId = "reinstateRelease", summary = "Offer a withdrawn release again")
    public ReleaseBody reinstate(@PathParam("id") String id) {
        return withdraw.reinstate(parse(id));
    }

    @PUT
    @Path("/{id}/tags")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed("data")
    @Operation(operationId = "setReleaseTags", summary = "Replace the tags of a release")
    public void setTags(@PathParam("id") String id, @Nullable TagsRequest request) {
        describe.setReleaseTags(parse(id), request == null ? null : request.tags());
    }

    private static ReleaseId parse(String id) {
        try {
            return ReleaseId.parse(id);
        } catch (IllegalArgumentException e) {
            throw Problem.notFound("release", id);
        }
    }
}
