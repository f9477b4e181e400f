package io.tinyfleet.server.telemetry;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;

@ConfigMapping(prefix = "tinyfleet.telemetry")
interface TelemetryConfig {
    /** Days that raw windows are kept; rollups stay. */
    @WithDefault("7")
    @Min(1) @Max(3650) int keepWindowDays();
}
