package io.tinyfleet.server.platform;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;

@ConfigMapping(prefix = "tinyfleet")
interface PlatformConfig {
    /** The folder of keys, blobs, the embedded broker's journal and the embedded database. */
    @WithDefault(Home.DEFAULT)
    Path home();
}
