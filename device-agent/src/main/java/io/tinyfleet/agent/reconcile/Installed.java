package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.protocol.v1.Variant;

/**
 * A variant of a signed release, held or about to be held by this device.
 *
 * @param attempt the offer that brought it here: its windows carry this id; {@code NONE} when it came with the image
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

    /** A model of the device's image; trusted like one that has passed its probation here. */
    static Installed fromFactory(Release release, Variant variant) {
        return new Installed(
                Digest.fromBytes(variant.getTarget().getSha256()),
                ReleaseId.fromBytes(release.getReleaseId()),
                release.getModel(),
                release.getVersion(),
                variant,
                AttemptId.NONE,
                true,
                release.getSecurityVersion());
    }

    /** It came with the device's image, and no offer has taken it over since. */
    public boolean isFactory() {
        return attempt.equals(AttemptId.NONE);
    }

    /** Offered after all: it has to pass that offer's probation. */
    Installed onTrialUnder(AttemptId newAttempt) {
        return new Installed(artifact, release, model, version, variant, newAttempt, false, securityVersion);
    }

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
