package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.Topics;
import io.tinyfleet.protocol.v1.Ack;
import io.tinyfleet.protocol.v1.Envelope;
import io.tinyfleet.protocol.v1.Mark;
import io.tinyfleet.protocol.v1.Presence;
import io.tinyfleet.protocol.v1.PresenceKind;
import io.tinyfleet.protocol.v1.Reported;
import io.tinyfleet.protocol.v1.Window;
import io.tinyfleet.server.device.DeviceMessages.Heard;
import io.tinyfleet.server.device.DeviceMessages.Numbered;
import io.tinyfleet.server.device.DeviceMessages.Outer;
import io.tinyfleet.server.device.DeviceMessages.Refusal;
import io.tinyfleet.server.device.DeviceRow.ReportedMark;
import io.tinyfleet.server.device.EventRepository.ReceivedEvent;
import io.tinyfleet.server.device.MarkRepository.Key;
import io.tinyfleet.server.device.StoredMarks.Range;
import io.tinyfleet.server.device.WindowSink.ReceivedWindow;
import io.tinyfleet.server.mqtt.InboundMessage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What one batch of messages comes to, worked out without touching anything: first {@link #read}, then {@link #apply}
 * with the stored devices and marks, then {@link #applyFigures}; after that the rest says what to store. One thread.
 */
final class IngestBatch {
    private final List<InboundMessage> messages;
    private final Instant now;
    private final Function<Window, Optional<String>> windowRefusal;

    private final Map<InboundMessage, Outer> readable = new LinkedHashMap<>();
    private final List<DeadLetter> deadLetters = new ArrayList<>();
    private final List<ReceivedEvent> events = new ArrayList<>();
    private final List<ReceivedWindow> windows = new ArrayList<>();
    private final Set<Key> touched = new LinkedHashSet<>();
    private final Set<Key> changed = new LinkedHashSet<>();
    private final Map<DeviceId, Long> continueAbove = new TreeMap<>();
    private final Map<DeviceId, Long> heldDesired = new TreeMap<>();
    private final Map<DeviceId, Long> heldRoots = new TreeMap<>();
    private Map<DeviceId, DeviceRow> originals = Map.of();
    private Map<DeviceId, DeviceRow> devices = Map.of();
    private Map<Key, StoredMarks> marks = Map.of();

    record DeadLetter(String topic, String reason, byte[] payload) {}

    IngestBatch(List<InboundMessage> messages, Instant now, Function<Window, Optional<String>> windowRefusal) {
        this.messages = messages;
        this.now = now;
        this.windowRefusal = windowRefusal;
    }

    void read() {
        for (InboundMessage message : messages) {
            try {
                readable.put(message, DeviceMessages.outer(message));
            } catch (Refusal e) {
                bury(message, e);
            }
        }
    }

    Set<DeviceId> deviceIds() {
        Set<DeviceId> ids = new TreeSet<>();
        readable.keySet().forEach(message -> ids.add(message.device()));
        return ids;
    }

    Set<Key> markKeys() {
        Set<Key> keys = new HashSet<>();
        readable.forEach((message, outer) -> {
            if (outer instanceof Numbered numbered) {
                keys.add(key(message, numbered.envelope()));
            }
        });
        return keys;
    }

    private static Key key(InboundMessage message, Envelope envelope) {
        return new Key(message.device(), envelope.getStream(), envelope.getBootCounter());
    }

    void apply(Map<DeviceId, DeviceRow> lockedDevices, Map<Key, StoredMarks> storedMarks) {
        originals = Map.copyOf(lockedDevices);
        devices = new TreeMap<>(lockedDevices);
        marks = new HashMap<>(storedMarks);
        readable.forEach((message, outer) -> {
            DeviceRow device = devices.get(message.device());
            if (device == null || device.retiredAt() != null) {
                bury(message, device == null ? "unknown-device" : "retired-device");
            } else if (outer instanceof Heard heard) {
                hear(device, heard.presence(), message.receivedAt());
            } else if (outer instanceof Numbered numbered) {
                mark(device, message, numbered.envelope());
            }
        });
    }

    private void hear(DeviceRow device, Presence heard, Instant at) {
        long boot = heard.getBootCounter();
        boolean ends = heard.getKind() == PresenceKind.WILL || heard.getKind() == PresenceKind.GOODBYE;
        if (heard.getKind() == PresenceKind.HELLO && boot < device.bootCounter()) {
            continueAbove.put(device.id(), device.bootCounter());
            return;
        }
        PresenceRecord presence = ends
                ? device.presence().ended(boot, heard.getConnection(), endReason(heard.getKind()), at)
                : device.presence().alive(boot, heard.getConnection(), at);
        DeviceRow after = device.with(presence).withBoot(boot);
        if (!ends && presence.presence() == DevicePresence.ONLINE) {
            after = after.withDesiredSeq(heard.getDesiredSeq());
            heldDesired.put(device.id(), heard.getDesiredSeq());
            heldRoots.put(device.id(), heard.getRootVersion());
        }
        devices.put(device.id(), heard.hasFacts() ? after.withFacts(heard.getFacts()) : after);
    }

    private static String endReason(PresenceKind kind) {
        return kind == PresenceKind.GOODBYE ? "said goodbye" : "connection lost";
    }

    private void mark(DeviceRow given, InboundMessage message, Envelope envelope) {
        DeviceRow device =
                given.with(given.presence().signOfLife(message.receivedAt())).withBoot(envelope.getBootCounter());
        devices.put(device.id(), device);
        Key key = key(message, envelope);
        StoredMarks before = marks.getOrDefault(key, StoredMarks.NONE);
        touched.add(key);
        StoredMarks after;
        if (envelope.hasSkipped()) {
            after = before.skip(new Range(
                    envelope.getSkipped().getFirst(), envelope.getSkipped().getLast()));
        } else if (before.contains(envelope.getSeq())) {
            return;
        } else {
            after = before.store(envelope.getSeq());
        }
        if (!after.hasRoom()) {
            // Neither stored nor marked: the device sends it again once the gaps before it are filled.
            return;
        }
        marks.put(key, after);
        changed.add(key);
        if (!envelope.hasSkipped()) {
            applyBody(device, message, envelope);
        }
    }

    private void applyBody(DeviceRow device, InboundMessage message, Envelope envelope) {
        byte[] body = envelope.getBody().toByteArray();
        try {
            switch (message.leaf()) {
                case STATE -> applyReported(device, DeviceMessages.reported(body), envelope);
                case EVENT ->
                    events.add(new ReceivedEvent(device.id(), DeviceMessages.event(body), message.receivedAt()));
                case TELEMETRY -> applyWindow(device, DeviceMessages.body(Window.parser(), body), message, envelope);
                case NEED -> throw new IllegalArgumentException("requests have no envelope");
            }
        } catch (Refusal e) {
            bury(message, e);
        }
    }

    private void applyReported(DeviceRow device, Reported reported, Envelope envelope) throws Refusal {
        Map<SlotName, SlotRow> slots = DeviceMessages.slots(reported, device.slots(), now);
        DeviceRow.Trouble trouble = DeviceMessages.trouble(reported);
        if (!device.reported().isOlderThan(envelope.getBootCounter(), envelope.getSeq())) {
            return;
        }
        ReportedMark mark = new ReportedMark(envelope.getBootCounter(), envelope.getSeq(), reported.getDesiredSeq());
        devices.put(device.id(), device.withReported(mark, slots).withTrouble(trouble));
    }

    private void applyWindow(DeviceRow device, Window window, InboundMessage message, Envelope envelope) {
        Optional<String> refusal = windowRefusal.apply(window);
        if (refusal.isPresent()) {
            bury(message, refusal.get());
            return;
        }
        windows.add(new ReceivedWindow(
                device.id(),
                device.hardwareClass(),
                device.keyGeneration(),
                envelope.getBootCounter(),
                envelope.getSeq(),
                window,
                message.receivedAt()));
    }

    void applyFigures(List<SlotFigures> figures) {
        for (SlotFigures newer : figures) {
            DeviceRow device = devices.get(newer.device());
            if (device == null) {
                continue;
            }
            SlotRow slot = device.slots().getOrDefault(newer.slot(), SlotRow.empty(newer.slot()));
            if (newer.isNewerThan(slot.figures().boot(), slot.figures().seq())) {
                devices.put(device.id(), device.with(slot.with(newer)));
            }
        }
    }

    private void bury(InboundMessage message, Refusal refusal) {
        bury(message, String.valueOf(refusal.getMessage()));
    }

    private void bury(InboundMessage message, String reason) {
        deadLetters.add(new DeadLetter(Topics.deviceOut(message.device(), message.leaf()), reason, message.payload()));
    }

    Map<DeviceId, DeviceRow> originals() {
        return originals;
    }

    /** With their states worked out anew. */
    List<DeviceRow> changedDevices() {
        return devices.values().stream()
                .map(DeviceRow::derived)
                .filter(device -> !device.equals(originals.get(device.id())))
                .toList();
    }

    Map<Key, StoredMarks> changedMarks() {
        Map<Key, StoredMarks> stored = new HashMap<>();
        changed.forEach(key -> stored.put(key, marks.getOrDefault(key, StoredMarks.NONE)));
        return stored;
    }

    List<ReceivedEvent> events() {
        return events;
    }

    List<ReceivedWindow> windows() {
        return windows;
    }

    List<DeadLetter> deadLetters() {
        return deadLetters;
    }

    /** The newest desired document that each device says it holds. */
    Map<DeviceId, Long> heldDesired() {
        return heldDesired;
    }

    /** Root versions that the devices heard of in this batch hold; 0 when they do not say. */
    Map<DeviceId, Long> heldRoots() {
        return heldRoots;
    }

    /** Marks of everything touched, also when all of it was stored before. */
    Map<DeviceId, Ack> acks() {
        Map<DeviceId, Ack.Builder> acks = new TreeMap<>();
        for (Key key : touched) {
            acks.computeIfAbsent(key.device(), id -> Ack.newBuilder())
                    .addMarks(Mark.newBuilder()
                            .setStream(key.stream())
                            .setBootCounter(key.boot())
                            .setUpTo(marks.getOrDefault(key, StoredMarks.NONE).upTo()));
        }
        continueAbove.forEach((device, boot) ->
                acks.computeIfAbsent(device, id -> Ack.newBuilder()).setContinueAboveBoot(boot));
        Map<DeviceId, Ack> built = new TreeMap<>();
        acks.forEach((device, ack) -> built.put(device, ack.build()));
        return built;
    }
}
