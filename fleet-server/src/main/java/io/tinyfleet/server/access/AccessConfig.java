package io.tinyfleet.server.access;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import java.util.Optional;

@ConfigMapping(prefix = "tinyfleet.access")
interface AccessConfig {
    /** A session that is not used ends after this time. */
    @WithDefault("8h")
    Duration sessionIdle();

    /** A session ends after this time in any case. */
    @WithDefault("7d")
    Duration sessionLifetime();

    /** Base64 of 32 bytes, the same on every replica; without it one is made and kept in the home. */
    Optional<String> sessionKey();

    /** Makes a new password for the first administrator at this start, and prints it. */
    @WithDefault("false")
    boolean resetAdminPassword();

    /** Failed logins of one account from one address before both must wait. */
    @WithDefault("10")
    @Min(1) @Max(1000) int loginFailuresPerAccountAndAddress();

    /** Failed logins from one address, whatever the accounts. */
    @WithDefault("50")
    @Min(1) @Max(10_000) int loginFailuresPerAddress();

    /** Failed logins of one account, whatever the addresses. */
    @WithDefault("100")
    @Min(1) @Max(10_000) int loginFailuresPerAccount();

    /** After this time failures no longer count. */
    @WithDefault("15m")
    Duration loginWindow();
}
