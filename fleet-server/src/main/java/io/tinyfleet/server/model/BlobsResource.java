package io.tinyfleet.server.model;

import io.smallrye.common.annotation.Blocking;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.registry.blob.BlobCollection;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;

@Path("/api/v1/blobs")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public class BlobsResource {
    private final CollectBlobs collect;

    BlobsResource(CollectBlobs collect) {
        this.collect = collect;
    }

    /**
     * What a collection did, or with a dry run would do.
     *
     * @param pinned old blobs that are in use
     * @param young blobs within the grace time
     * @param named the first of those that were collected, SHA-256
     */
    public record BlobCollectionReport(
            boolean dryRun,
            long blobs,
            long bytes,
            long pinned,
            long young,
            long collected,
            long collectedBytes,
            List<String> named) {
        static BlobCollectionReport of(BlobCollection.Report report) {
            return new BlobCollectionReport(
                    report.dryRun(),
                    report.blobs(),
                    report.bytes(),
                    report.pinned(),
                    report.young(),
                    report.collected(),
                    report.collectedBytes(),
                    report.named().stream().map(Digest::hex).toList());
        }
    }

    @POST
    @Path("/collection")
    @RolesAllowed("admin")
    @Operation(
            operationId = "collectBlobs",
            summary = "Remove stored bytes that nothing uses any more; only told of unless dryRun=false")
    public BlobCollectionReport collect(@QueryParam("dryRun") @DefaultValue("true") boolean dryRun) throws IOException {
        return BlobCollectionReport.of(collect.collect(dryRun));
    }
}
