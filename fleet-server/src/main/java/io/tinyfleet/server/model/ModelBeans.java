package io.tinyfleet.server.model;

import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.registry.blob.FileBlobStore;
import io.tinyfleet.server.platform.Home;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Opens what the features share. */
final class ModelBeans {
    @Produces
    @Singleton
    BlobStore blobStore(Home home) {
        try {
            return new FileBlobStore(home.blobs());
        } catch (IOException e) {
            throw new UncheckedIOException("the blob store " + home.blobs() + " cannot be opened", e);
        }
    }
}
