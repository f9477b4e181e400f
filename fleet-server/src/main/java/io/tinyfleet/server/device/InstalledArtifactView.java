package io.tinyfleet.server.device;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;

/** An artifact that a device says it holds, ready to run. */
public record InstalledArtifactView(Digest artifact, ReleaseId release, String model, String version) {}
