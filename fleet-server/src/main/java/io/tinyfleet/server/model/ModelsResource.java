package io.tinyfleet.server.model;

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
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

@Path("/api/v1/models")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public class ModelsResource {
    private final ListModels list;
    private final CreateModel create;
    private final PublishRelease publish;
    private final DescribeModel describe;

    ModelsResource(ListModels list, CreateModel create, PublishRelease publish, DescribeModel describe) {
        this.describe = describe;
        this.list = list;
        this.create = create;
        this.publish = publish;
    }

    public record Models(List<ModelBody> items) {}

    public record Releases(List<ReleaseBody> items) {}

    @GET
    @RolesAllowed("viewer")
    @Operation(operationId = "listModels", summary = "All models with their releases, newest first")
    public Models list() {
        return new Models(list.models());
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed("data")
    @Operation(operationId = "createModel", summary = "Name a new model")
    @APIResponse(
            responseCode = "201",
            description = "Created",
            content = @Content(schema = @Schema(implementation = ModelBody.class)))
    public Response create(@Nullable ModelRequest request) {
        ModelBody model = create.create(present(request));
        return Response.created(URI.create("/api/v1/models/" + model.name() + "/releases"))
                .entity(model)
                .build();
    }

    @GET
    @Path("/{name}/releases")
    @RolesAllowed("viewer")
    @Operation(
            operationId = "listReleases",
            summary = "The releases of a model, newest first, or with order=version the highest version first")
    public Releases releases(@PathParam("name") String name, @QueryParam("order") @Nullable String order) {
        if (order != null && !order.equals("version") && !order.equals("time")) {
            throw Problem.invalid("order", "must be time or version", order);
        }
        return new Releases(list.releasesOf(name, "version".equals(order)));
    }

    @GET
    @Path("/{name}/versions/{version}")
    @RolesAllowed("viewer")
    @Operation(operationId = "getVersion", summary = "The release of a version, or of the version an alias points to")
    public ReleaseBody version(@PathParam("name") String name, @PathParam("version") String version) {
        return list.getVersion(name, version);
    }

    /** The whole set: what is not in it is taken away. */
    public record TagsRequest(@Nullable List<@Nullable String> tags) {}

    @PUT
    @Path("/{name}/tags")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed("data")
    @Operation(operationId = "setModelTags", summary = "Replace the tags of a model")
    public void setTags(@PathParam("name") String name, @Nullable TagsRequest request) {
        describe.setModelTags(name, present(request).tags());
    }

    @POST
    @Path("/{name}/releases")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed("data")
    @Operation(operationId = "publishRelease", summary = "Sign and publish an immutable release")
    @APIResponse(
            responseCode = "201",
            description = "Signed and published",
            content = @Content(schema = @Schema(implementation = ReleaseBody.class)))
    public Response publish(@PathParam("name") String name, @Nullable ReleaseRequest request) {
        ReleaseBody release = publish.publish(name, present(request));
        return Response.created(URI.create("/api/v1/releases/" + release.id()))
                .entity(release)
                .build();
    }

    @POST
    @Path("/{name}/releases/manifest")
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_OCTET_STREAM)
    @RolesAllowed("data")
    @Operation(
            operationId = "makeManifest",
            summary = "The manifest of a release, to be signed where the release keys are; nothing is published")
    public byte[] manifest(@PathParam("name") String name, @Nullable ReleaseRequest request) {
        return publish.manifest(name, present(request));
    }

    @POST
    @Path("/{name}/releases/signed")
    @Consumes(MediaType.APPLICATION_OCTET_STREAM)
    @RolesAllowed("data")
    @Operation(operationId = "publishSignedRelease", summary = "Publish a release that was signed elsewhere")
    @APIResponse(
            responseCode = "201",
            description = "Verified and published",
            content = @Content(schema = @Schema(implementation = ReleaseBody.class)))
    public Response publishSigned(@PathParam("name") String name, @Nullable InputStream envelope) throws IOException {
        byte[] bytes = present(envelope).readNBytes(Limits.MAX_METADATA_BYTES + 1);
        if (bytes.length > Limits.MAX_METADATA_BYTES) {
            throw Problem.tooLarge("A signed release", Limits.MAX_METADATA_BYTES);
        }
        ReleaseBody release = publish.publishSigned(name, bytes);
        return Response.created(URI.create("/api/v1/releases/" + release.id()))
                .entity(release)
                .build();
    }

    private static <T> T present(@Nullable T body) {
        if (body == null) {
            throw Problem.invalid("body", Violations.REQUIRED, null);
        }
        return body;
    }
}
