package io.tinyfleet.server.device;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;

/**
 * An artifact that a device says it holds, ready to run.
 *
 * @param factory it came with the device's image; the server may never have heard of its release
 */
public record InstalledArtifactView(
        Digest artifact, ReleaseId release, String model, String version, boolean factory) {}
