package io.tinyfleet.server.enrolment;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;

@ConfigMapping(prefix = "tinyfleet.enrolment")
interface EnrolmentConfig {
    /** Enrolments that one address may ask for in a minute. */
    @WithDefault("3000")
    @Min(1) int maxAttemptsPerMinute();

    /** Refused enrolments after which an address waits for the next minute. */
    @WithDefault("20")
    @Min(1) int maxRefusalsPerMinute();
}
