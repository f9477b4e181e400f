package io.tinyfleet.server.rollout;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How rollouts are driven. What a rollout itself does is in its plan. */
@ConfigMapping(prefix = "tinyfleet.rollout")
interface RolloutConfig {
    /** Pause between two looks for something that changed. */
    @WithDefault("PT0.5S")
    Duration beat();

    /** Time after which every moving rollout is planned, changed or not: deadlines pass silently. */
    @WithDefault("PT2S")
    Duration fullLook();

    /** Wait after a device's report, so that reports of one moment are planned together. */
    @WithDefault("PT0.1S")
    Duration gather();

    /** Plans that nobody started are dropped after this time. */
    @WithDefault("P7D")
    Duration draftsKept();

    /** Faults in a row, not of the evidence, after which a rollout is paused. */
    @WithDefault("3")
    int faultsBeforePause();
}
