package io.tinyfleet.server.model;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

@ConfigMapping(prefix = "tinyfleet.model")
interface ModelConfig {
    /** The largest model file that is taken; the HTTP body limit must allow it too. */
    @WithDefault("2G")
    MemorySize maxArtifactBytes();
}
