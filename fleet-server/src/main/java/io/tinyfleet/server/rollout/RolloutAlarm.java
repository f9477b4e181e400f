package io.tinyfleet.server.rollout;

/**
 * A rollout that needs a person, or has just acted by itself.
 *
 * @param severity failing, degraded or info
 */
public record RolloutAlarm(String rolloutId, Severity severity, String title, String sentence) {
    public enum Severity {
        FAILING,
        DEGRADED,
        INFO
    }
}
