package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.v1.Variant;

/**
 * A variant of a signed release, held or about to be held by this device.
 *
 * @param attempt the offer that brought it here: its windows carry this id
 * @param confirmed it has passed its probation on this device; only such an artifact is kept as the way back
 * @param securityVersion of its release; what is under its model's floor is not gone back to
 */
public record Installed(
        Digest artifact,
        ReleaseId release,
        String model,
        String version,
        Variant variant,
        AttemptId attempt,
        boolean confirmed,
        long securityVersion) {

    public Installed under(AttemptId newAttempt) {
        return new Installed(artifact, release, model, version, variant, newAttempt, confirmed, securityVersion);
    }

    public Installed confirm() {
        return new Installed(artifact, release, model, version, variant, attempt, true, securityVersion);
    }

    public long size() {
        return variant.getTarget().getSize();
    }
}
