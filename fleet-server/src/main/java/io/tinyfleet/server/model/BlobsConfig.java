package io.tinyfleet.server.model;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

@ConfigMapping(prefix = "tinyfleet.blobs")
interface BlobsConfig {
    /** {@code s3://bucket/prefix?endpoint=…}; absent: a folder in the server's home. */
    Optional<String> url();

    /** Blobs younger than this are never collected: longer than any upload takes. */
    @WithDefault("24h")
    Duration collectionGrace();
}
