package io.tinyfleet.server.model;

import io.smallrye.common.annotation.Blocking;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.registry.blob.BlobHandle;
import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.server.platform.Problem;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

@Path("/api/v1/artifacts")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public class ArtifactsResource {
    private static final int MAX_NAME = 200;

    private final StoreArtifact store;
    private final ArtifactDirectory artifacts;
    private final BlobStore blobs;

    ArtifactsResource(StoreArtifact store, ArtifactDirectory artifacts, BlobStore blobs) {
        this.store = store;
        this.artifacts = artifacts;
        this.blobs = blobs;
    }

    @POST
    @Consumes(MediaType.APPLICATION_OCTET_STREAM)
    @RolesAllowed("data")
    @Operation(operationId = "uploadArtifact", summary = "Upload a model file, or the vectors of a self-test")
    @RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_OCTET_STREAM,
                            schema =
                                    @Schema(
                                            type = org.eclipse.microprofile.openapi.annotations.enums.SchemaType.STRING,
                                            format = "binary")))
    @APIResponse(
            responseCode = "201",
            description = "Stored",
            content = @Content(schema = @Schema(implementation = ArtifactBody.class)))
    @APIResponse(
            responseCode = "200",
            description = "It was stored already",
            content = @Content(schema = @Schema(implementation = ArtifactBody.class)))
    public Response upload(
            @QueryParam("name") @Nullable String name, @QueryParam("kind") @Nullable String kind, InputStream body)
            throws IOException {
        if (name != null
                && (name.isBlank() || name.length() > MAX_NAME || name.chars().anyMatch(Character::isISOControl))) {
            throw Problem.invalid("name", "must have 1 to " + MAX_NAME + " printable characters", name);
        }
        StoreArtifact.Outcome outcome = store.store(body, kindOf(kind), Optional.ofNullable(name));
        ArtifactBody stored = ArtifactBody.of(outcome.artifact());
        return outcome.fresh()
                ? Response.created(URI.create("/api/v1/artifacts/" + stored.sha256()))
                        .entity(stored)
                        .build()
                : Response.ok(stored).build();
    }

    private static ArtifactKind kindOf(@Nullable String kind) {
        if (kind == null || kind.equals("model")) {
            return ArtifactKind.MODEL;
        }
        if (kind.equals("self-test")) {
            return ArtifactKind.SELF_TEST;
        }
        throw Problem.invalid("kind", "must be model or self-test", kind);
    }

    @GET
    @Path("/{sha256}")
    @RolesAllowed("viewer")
    @Operation(operationId = "getArtifact", summary = "What is known about an artifact")
    public ArtifactBody get(@PathParam("sha256") String sha256) {
        return ArtifactBody.of(find(sha256));
    }

    @GET
    @Path("/{sha256}/content")
    @Produces(MediaType.APPLICATION_OCTET_STREAM)
    @RolesAllowed("viewer")
    @Operation(operationId = "downloadArtifact", summary = "The bytes of an artifact, whole or one range")
    @APIResponse(responseCode = "200", description = "The whole content")
    @APIResponse(responseCode = "206", description = "The range asked for")
    @APIResponse(responseCode = "304", description = "The content is the one named by If-None-Match")
    public Response content(
            @PathParam("sha256") String sha256,
            @HeaderParam("Range") @Nullable String range,
            @HeaderParam("If-Range") @Nullable String ifRange,
            @HeaderParam("If-None-Match") @Nullable String ifNoneMatch) {
        ArtifactView artifact = find(sha256);
        BlobHandle blob = blobs.find(artifact.sha256())
                .orElseThrow(() -> new IllegalStateException("the bytes of artifact " + sha256 + " are gone"));
        if (ArtifactContent.notModified(blob, ifNoneMatch)) {
            return Response.notModified()
                    .header("ETag", ArtifactContent.etag(blob))
                    .build();
        }
        Optional<ByteRange> part = ArtifactContent.part(blob, range, ifRange);
        ByteRange served = part.orElse(new ByteRange(0, blob.size()));
        StreamingOutput stream = out -> ArtifactContent.copy(blob, served, out);
        Response.ResponseBuilder response = Response.status(part.isPresent() ? 206 : 200)
                .entity(stream)
                .header("ETag", ArtifactContent.etag(blob))
                .header("Accept-Ranges", "bytes")
                .header("Content-Length", served.length())
                .header(
                        "Content-Disposition",
                        "attachment; filename=\"" + artifact.sha256().shortHex() + "\"");
        if (part.isPresent()) {
            long last = served.first() + served.length() - 1;
            response.header("Content-Range", "bytes " + served.first() + "-" + last + "/" + blob.size());
        }
        return response.build();
    }

    private ArtifactView find(String sha256) {
        Digest digest;
        try {
            digest = Digest.parse(sha256);
        } catch (IllegalArgumentException e) {
            throw Problem.notFound("artifact", sha256);
        }
        return artifacts.find(digest).orElseThrow(() -> Problem.notFound("artifact", sha256));
    }
}
