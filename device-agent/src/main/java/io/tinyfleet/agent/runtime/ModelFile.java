package io.tinyfleet.agent.runtime;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.Variant;
import java.nio.file.Path;

/** A model's file on this device, already verified against its digest, and what the release says of it. */
public record ModelFile(Path path, Digest sha256, Variant variant) {}
