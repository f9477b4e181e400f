package io.tinyfleet.server.delivery.encoding;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;

@ConfigMapping(prefix = "tinyfleet.encodings")
interface EncodingsConfig {
    /** Whether this replica makes any. */
    @WithDefault("true")
    boolean enabled();

    /** A smaller artifact is fetched as it is. */
    @WithDefault("64K")
    MemorySize minBytes();

    /** A larger artifact would keep a replica busy for too long. */
    @WithDefault("1G")
    MemorySize maxBytes();

    /** The longest one may take before it is given up. */
    @WithDefault("10M")
    Duration timeLimit();

    /** Releases of each model for which encodings are made, the newest ones. */
    @WithDefault("2")
    @Min(1) @Max(20) int newestReleases();

    /** Artifacts that devices run, those on most devices first, from which deltas are made. */
    @WithDefault("50")
    @Min(1) @Max(1000) int bases();

    /** Effort of the compression of whole files. */
    @WithDefault("9")
    @Min(1) @Max(19) int zstdLevel();

    /** Times that a replica may die over one before nobody tries again. */
    @WithDefault("3")
    @Min(1) @Max(10) int attempts();
}
