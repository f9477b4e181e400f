package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.reconcile.Installed;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.v1.Variant;
import java.util.UUID;

/** Artifacts as if they had been installed. */
public final class Installations {

    private Installations() {}

    public static Installed of(Variant variant, Digest artifact) {
        return of(variant, artifact, "1.0.0");
    }

    public static Installed of(Variant variant, Digest artifact, String version) {
        return new Installed(
                artifact,
                new ReleaseId(new UUID(3, 4)),
                "model",
                version,
                variant,
                new AttemptId(new UUID(1, 2)),
                true,
                1);
    }
}
