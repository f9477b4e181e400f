package io.tinyfleet.server.device;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

@ConfigMapping(prefix = "tinyfleet.device")
interface DeviceConfig {
    /** Silence after which a device is offline: three heartbeats. */
    @WithDefault("180s")
    Duration offlineAfter();

    /** How long device events are kept. */
    @WithDefault("90d")
    Duration keepEvents();
}
