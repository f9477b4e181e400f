package io.tinyfleet.server.delivery;

import io.smallrye.common.annotation.Blocking;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.registry.blob.BlobHandle;
import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.server.model.ArtifactContent;
import io.tinyfleet.server.model.ByteRange;
import io.tinyfleet.server.platform.Problem;
import io.tinyfleet.server.platform.ProblemException;
import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Blobs for devices, each under a token of its own: not for people, who have the artifacts. */
@Path("/blobs/{sha256}")
@Produces(MediaType.APPLICATION_OCTET_STREAM)
@Blocking
@Tag(name = "blobs")
public class BlobsResource {
    private static final String BEARER = "Bearer ";

    private final BlobStore blobs;
    private final BlobLinks links;

    BlobsResource(BlobStore blobs, BlobLinks links) {
        this.blobs = blobs;
        this.links = links;
    }

    @GET
    @PermitAll
    @Operation(
            operationId = "fetchBlob",
            summary = "A blob's bytes, whole or one range, for the device whose link's token is shown")
    @APIResponse(responseCode = "200", description = "The whole content")
    @APIResponse(responseCode = "206", description = "The range asked for")
    @APIResponse(responseCode = "304", description = "The content is the one named by If-None-Match")
    @APIResponse(responseCode = "401", description = "The token is not for this blob, or has ended")
    @APIResponse(responseCode = "416", description = "The range holds no byte of the content")
    public Response get(
            @PathParam("sha256") String sha256,
            @HeaderParam("Authorization") @Nullable String authorization,
            @HeaderParam("Range") @Nullable String range,
            @HeaderParam("If-Range") @Nullable String ifRange,
            @HeaderParam("If-None-Match") @Nullable String ifNoneMatch) {
        BlobHandle blob = find(sha256, authorization);
        if (ArtifactContent.notModified(blob, ifNoneMatch)) {
            return Response.notModified()
                    .header("ETag", ArtifactContent.etag(blob))
                    .build();
        }
        Optional<ByteRange> part = ArtifactContent.part(blob, range, ifRange);
        ByteRange served = part.orElse(new ByteRange(0, blob.size()));
        StreamingOutput stream = out -> ArtifactContent.copy(blob, served, out);
        Response.ResponseBuilder response =
                described(part.isPresent() ? 206 : 200, blob, served.length()).entity(stream);
        if (part.isPresent()) {
            long last = served.first() + served.length() - 1;
            response.header("Content-Range", "bytes " + served.first() + "-" + last + "/" + blob.size());
        }
        return response.build();
    }

    @HEAD
    @PermitAll
    @Operation(operationId = "describeBlob", summary = "A blob's size and digest")
    public Response head(
            @PathParam("sha256") String sha256, @HeaderParam("Authorization") @Nullable String authorization) {
        BlobHandle blob = find(sha256, authorization);
        return described(200, blob, blob.size()).build();
    }

    private static Response.ResponseBuilder described(int status, BlobHandle blob, long length) {
        return Response.status(status)
                .type(MediaType.APPLICATION_OCTET_STREAM)
                .header("ETag", ArtifactContent.etag(blob))
                .header("Accept-Ranges", "bytes")
                .header("Cache-Control", "private, no-store")
                .header("Content-Length", length);
    }

    /** The token comes first: nobody without one learns what is held. */
    private BlobHandle find(String sha256, @Nullable String authorization) {
        Digest digest;
        try {
            digest = Digest.parse(sha256);
        } catch (IllegalArgumentException e) {
            throw refused();
        }
        if (authorization == null || !authorization.startsWith(BEARER)) {
            throw refused();
        }
        String token = authorization.substring(BEARER.length()).strip();
        if (links.findBearer(token, digest).isEmpty()) {
            throw refused();
        }
        return blobs.find(digest).orElseThrow(() -> Problem.notFound("blob", sha256));
    }

    private static ProblemException refused() {
        return Problem.unauthenticated(
                "link-refused", "A blob is given for the token of a link to it, while the link is good.");
    }
}
