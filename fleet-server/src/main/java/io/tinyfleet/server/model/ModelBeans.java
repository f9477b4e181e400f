package io.tinyfleet.server.model;

import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.registry.blob.FileBlobStore;
import io.tinyfleet.registry.blob.S3BlobStore;
import io.tinyfleet.registry.blob.S3Location;
import io.tinyfleet.server.platform.Home;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jboss.logging.Logger;

/** Opens what the features share. */
final class ModelBeans {
    private static final Logger LOG = Logger.getLogger(ModelBeans.class);

    @Produces
    @Singleton
    BlobStore blobStore(Home home, BlobsConfig config) {
        String place = config.url().orElse(home.blobs().toString());
        try {
            if (config.url().isPresent()) {
                S3Location location = S3Location.parse(place);
                BlobStore store = S3BlobStore.open(location, home.root().resolve("incoming"));
                LOG.infof("blobs are kept at=%s", location);
                return store;
            }
            return new FileBlobStore(home.blobs());
        } catch (IOException e) {
            throw new UncheckedIOException("the blob store " + place + " cannot be opened", e);
        }
    }
}
