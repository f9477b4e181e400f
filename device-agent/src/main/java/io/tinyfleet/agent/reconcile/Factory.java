package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.protocol.v1.Variant;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** The model that came with this device's image for one slot: what runs when nothing else is held that can. */
public sealed interface Factory {

    /** Verified when the agent started. */
    record Ready(Installed model) implements Factory {}

    /** Set in the settings, and of no use: why, as a stable code and a sentence. */
    record Unusable(String code, String sentence) implements Factory {}

    /**
     * The first variant of a verified release whose file is here and which this device can run.
     *
     * @param held files beside the release
     * @param limits of this device with that variant
     */
    static Factory choose(Release release, Set<Digest> held, Function<Variant, DeviceLimits> limits) {
        Optional<Unusable> reason = Optional.empty();
        for (Variant variant : release.getVariantsList()) {
            if (!held.contains(Digest.fromBytes(variant.getTarget().getSha256()))) {
                continue;
            }
            Optional<LimitCheck.Excess> unfit = LimitCheck.findUnfit(variant.getCompatibility(), limits.apply(variant));
            if (unfit.isEmpty()) {
                return new Ready(Installed.fromFactory(release, variant));
            }
            if (reason.isEmpty()) {
                reason = unfit.map(excess -> new Unusable(excess.code(), excess.sentence()));
            }
        }
        return reason.orElseGet(() -> new Unusable(
                "no-file",
                "the folder holds the release " + release.getModel() + " " + release.getVersion()
                        + " and no file of its " + release.getVariantsCount() + " variants"));
    }
}
