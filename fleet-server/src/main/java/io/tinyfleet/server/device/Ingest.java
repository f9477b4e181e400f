package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.OutLeaf;
import io.tinyfleet.server.mqtt.InboundHandler;
import io.tinyfleet.server.mqtt.InboundMessage;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.inject.Instance;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Stores what devices send, each message once however often it comes. In the caller's transaction: lock the devices'
 * rows, drop what is marked, store the rest, move the marks; after the commit the devices are told their marks.
 */
@ApplicationScoped
class Ingest implements InboundHandler {
    private final DeviceRepository devices;
    private final MarkRepository marks;
    private final EventRepository events;
    private final DeadLetterRepository deadLetters;
    private final WindowSink windows;
    private final Instance<DesiredResend> desired;
    private final DeviceChanges changes;
    private final Event<AcksDue> acksDue;
    private final InstantSource clock;

    Ingest(
            DeviceRepository devices,
            MarkRepository marks,
            EventRepository events,
            DeadLetterRepository deadLetters,
            WindowSink windows,
            Instance<DesiredResend> desired,
            DeviceChanges changes,
            Event<AcksDue> acksDue,
            InstantSource clock) {
        this.devices = devices;
        this.marks = marks;
        this.events = events;
        this.deadLetters = deadLetters;
        this.windows = windows;
        this.desired = desired;
        this.changes = changes;
        this.acksDue = acksDue;
        this.clock = clock;
    }

    @Override
    public Set<OutLeaf> leaves() {
        return Set.of(OutLeaf.STATE, OutLeaf.EVENT, OutLeaf.TELEMETRY);
    }

    @Override
    public void handle(List<InboundMessage> messages) {
        Instant now = clock.instant();
        IngestBatch batch = new IngestBatch(messages, now, windows::refusal);
        batch.read();
        batch.apply(devices.lock(batch.deviceIds()), marks.find(batch.markKeys()));
        events.store(batch.events());
        batch.applyFigures(windows.store(batch.windows()));
        marks.store(batch.changedMarks());
        batch.deadLetters().forEach(letter -> deadLetters.add(letter.topic(), letter.reason(), letter.payload(), now));
        List<DeviceRow> changed = batch.changedDevices();
        changes.store(batch.originals(), changed);
        resendDesired(batch);
        acksDue.fire(new AcksDue(batch.acks()));
    }

    private void resendDesired(IngestBatch batch) {
        if (batch.heldDesired().isEmpty() || !desired.isResolvable()) {
            return;
        }
        DesiredResend delivery = desired.get();
        Map<DeviceId, Long> newest = delivery.latestSeqs(batch.heldDesired().keySet());
        batch.heldDesired().forEach((device, held) -> {
            // Also a device that is ahead, after a restored database: it gets a document above what it holds.
            if (!held.equals(newest.getOrDefault(device, held))) {
                delivery.resend(device);
            }
        });
        delivery.heard(batch.heldRoots());
    }
}
