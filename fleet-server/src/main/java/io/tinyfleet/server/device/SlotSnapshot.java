package io.tinyfleet.server.device;

import io.tinyfleet.protocol.SlotName;
import java.util.Optional;

/** What a device says about one slot. */
public record SlotSnapshot(
        SlotName slot,
        Optional<InstalledArtifactView> active,
        Optional<InstalledArtifactView> previous,
        Optional<AttemptSnapshot> attempt) {}
