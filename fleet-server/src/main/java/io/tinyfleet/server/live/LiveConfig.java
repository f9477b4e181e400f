package io.tinyfleet.server.live;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;

@ConfigMapping(prefix = "tinyfleet.live")
interface LiveConfig {
    /** How often a replica looks for new events. */
    @WithDefault("200ms")
    Duration pollInterval();

    /** Open streams a replica; one more is refused. */
    @WithDefault("500")
    @Min(1) @Max(100_000) int maxStreams();

    /** Messages held for a client that reads too slowly; one more ends its stream, and it connects again. */
    @WithDefault("256")
    @Min(16) @Max(10_000) int clientBufferMessages();

    /** A stream ends after this time, and the client, connecting again, must still be allowed to. */
    @WithDefault("1h")
    Duration streamLifetime();

    /** Events older than this are pruned. */
    @WithDefault("24h")
    Duration keep();

    /** Events beyond this many are pruned. */
    @WithDefault("100000")
    @Min(1) int keepRows();
}
