package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.server.mqtt.DeviceConnections;
import io.tinyfleet.server.platform.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.TransactionPhase;
import jakarta.transaction.Transactional;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What people do to a device. */
@ApplicationScoped
class DeviceVerbs {
    private final DeviceRepository devices;
    private final DeviceChanges changes;
    private final DeviceConnections connections;
    private final Event<CredentialsChanged> credentialsChanged;
    private final InstantSource clock;

    DeviceVerbs(
            DeviceRepository devices,
            DeviceChanges changes,
            DeviceConnections connections,
            Event<CredentialsChanged> credentialsChanged,
            InstantSource clock) {
        this.devices = devices;
        this.changes = changes;
        this.connections = connections;
        this.credentialsChanged = credentialsChanged;
        this.clock = clock;
    }

    /** Keeps the device on its model and out of every offer; the first reason stands. */
    @Transactional
    void quarantine(DeviceId id, String reason) {
        DeviceRow device = lockInFleet(id);
        if (device.quarantinedAt() == null) {
            store(device, device.quarantined(clock.instant(), reason));
        }
    }

    @Transactional
    void release(DeviceId id) {
        DeviceRow device = lockInFleet(id);
        if (device.quarantinedAt() == null) {
            throw Problem.conflict("not-quarantined", "Device " + id + " is not in quarantine.");
        }
        store(device, device.released());
    }

    /** Ends the device's credentials; its id may be enrolled again under another key. */
    @Transactional
    void retire(DeviceId id) {
        DeviceRow device = lockInFleet(id);
        store(device, device.retired(clock.instant()));
        credentialsChanged.fire(new CredentialsChanged(id));
    }

    private DeviceRow lockInFleet(DeviceId id) {
        DeviceRow device = devices.lock(Set.of(id)).get(id);
        if (device == null) {
            throw Problem.notFound("device", id);
        }
        if (device.retiredAt() != null) {
            throw Problem.conflict("device-retired", "Device " + id + " is retired.");
        }
        return device;
    }

    private void store(DeviceRow before, DeviceRow after) {
        changes.store(Map.of(before.id(), before), List.of(after));
    }

    void disconnect(@Observes(during = TransactionPhase.AFTER_SUCCESS) CredentialsChanged changed) {
        connections.disconnect(changed.device());
    }
}
