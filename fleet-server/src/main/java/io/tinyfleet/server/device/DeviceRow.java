package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.DeviceFacts;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A device as it is stored, with its slots. Immutable; each {@code with} answers a changed copy, so that what must be
 * written is what differs.
 */
record DeviceRow(
        DeviceId id,
        DeviceKind kind,
        String hardwareClass,
        int keyGeneration,
        @Nullable Instant retiredAt,
        @Nullable Instant quarantinedAt,
        String quarantineReason,
        PresenceRecord presence,
        long bootCounter,
        DeviceFacts facts,
        ReportedMark reported,
        Map<SlotName, SlotRow> slots,
        @Nullable Trouble trouble,
        StateReason state) {
    /** The newest reported state that was applied. */
    record ReportedMark(long boot, long seq, long desiredSeq) {
        boolean isOlderThan(long otherBoot, long otherSeq) {
            return otherBoot > boot || (otherBoot == boot && otherSeq > seq);
        }
    }

    /** What is wrong with the device itself, in its own words. */
    record Trouble(String code, String sentence) {}

    /** The word, and for people why. */
    record StateReason(DeviceState state, String reason) {}

    DeviceRow {
        slots = Map.copyOf(new TreeMap<>(slots));
    }

    DeviceRow with(PresenceRecord newPresence) {
        return copy(newPresence, bootCounter, facts, reported, slots);
    }

    DeviceRow withBoot(long boot) {
        return boot <= bootCounter ? this : copy(presence, boot, facts, reported, slots);
    }

    DeviceRow withFacts(DeviceFacts newFacts) {
        return copy(presence, bootCounter, newFacts, reported, slots);
    }

    DeviceRow withDesiredSeq(long desiredSeq) {
        return desiredSeq <= reported.desiredSeq
                ? this
                : copy(presence, bootCounter, facts, new ReportedMark(reported.boot, reported.seq, desiredSeq), slots);
    }

    DeviceRow withReported(ReportedMark mark, Map<SlotName, SlotRow> newSlots) {
        return copy(presence, bootCounter, facts, mark, newSlots);
    }

    DeviceRow withTrouble(@Nullable Trouble reportedTrouble) {
        return new DeviceRow(
                id,
                kind,
                hardwareClass,
                keyGeneration,
                retiredAt,
                quarantinedAt,
                quarantineReason,
                presence,
                bootCounter,
                facts,
                reported,
                slots,
                reportedTrouble,
                state);
    }

    DeviceRow with(SlotRow slot) {
        Map<SlotName, SlotRow> changed = new TreeMap<>(slots);
        changed.put(slot.slot(), slot);
        return copy(presence, bootCounter, facts, reported, changed);
    }

    DeviceRow quarantined(Instant at, String reason) {
        return new DeviceRow(
                        id,
                        kind,
                        hardwareClass,
                        keyGeneration,
                        retiredAt,
                        at,
                        reason,
                        presence,
                        bootCounter,
                        facts,
                        reported,
                        slots,
                        trouble,
                        state)
                .derived();
    }

    DeviceRow released() {
        return new DeviceRow(
                        id,
                        kind,
                        hardwareClass,
                        keyGeneration,
                        retiredAt,
                        null,
                        "",
                        presence,
                        bootCounter,
                        facts,
                        reported,
                        slots,
                        trouble,
                        state)
                .derived();
    }

    DeviceRow retired(Instant at) {
        return new DeviceRow(
                        id,
                        kind,
                        hardwareClass,
                        keyGeneration,
                        at,
                        quarantinedAt,
                        quarantineReason,
                        presence,
                        bootCounter,
                        facts,
                        reported,
                        slots,
                        trouble,
                        state)
                .derived();
    }

    /** The same with its state worked out anew. */
    DeviceRow derived() {
        return new DeviceRow(
                id,
                kind,
                hardwareClass,
                keyGeneration,
                retiredAt,
                quarantinedAt,
                quarantineReason,
                presence,
                bootCounter,
                facts,
                reported,
                slots,
                trouble,
                DeviceStateRule.derive(this));
    }

    private DeviceRow copy(
            PresenceRecord newPresence,
            long newBoot,
            DeviceFacts newFacts,
            ReportedMark newReported,
            Map<SlotName, SlotRow> newSlots) {
        return new DeviceRow(
                id,
                kind,
                hardwareClass,
                keyGeneration,
                retiredAt,
                quarantinedAt,
                quarantineReason,
                newPresence,
                newBoot,
                newFacts,
                newReported,
                newSlots,
                trouble,
                state);
    }

    DeviceSnapshot snapshot() {
        Map<SlotName, SlotSnapshot> views = new TreeMap<>();
        slots.values().forEach(slot -> views.put(slot.slot(), slot.snapshot()));
        return new DeviceSnapshot(
                id,
                kind,
                hardwareClass,
                presence.presence(),
                Optional.ofNullable(presence.lastSeen()),
                presence.onlineMillis() / 1000,
                facts,
                quarantinedAt != null,
                retiredAt != null,
                reported.desiredSeq,
                views);
    }
}
