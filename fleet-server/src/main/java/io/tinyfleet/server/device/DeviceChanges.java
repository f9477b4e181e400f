package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.server.live.LiveEvents;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Writes changed devices and tells whoever watches, in the caller's transaction. */
@ApplicationScoped
class DeviceChanges {
    private final DeviceRepository devices;
    private final SlotRepository slots;
    private final LiveEvents live;
    private final Event<DeviceChanged> changedEvent;

    DeviceChanges(DeviceRepository devices, SlotRepository slots, LiveEvents live, Event<DeviceChanged> changedEvent) {
        this.devices = devices;
        this.slots = slots;
        this.live = live;
        this.changedEvent = changedEvent;
    }

    /** @param originals the rows as they were locked */
    void store(Map<DeviceId, DeviceRow> originals, Collection<DeviceRow> changed) {
        if (changed.isEmpty()) {
            return;
        }
        devices.update(changed);
        List<DeviceRow> otherSlots = new ArrayList<>();
        List<DeviceRow> worthTelling = new ArrayList<>();
        for (DeviceRow device : changed) {
            DeviceRow before = originals.get(device.id());
            if (before == null || !before.slots().equals(device.slots())) {
                otherSlots.add(device);
            }
            if (before == null || isWorthTelling(before, device)) {
                worthTelling.add(device);
            }
        }
        if (!otherSlots.isEmpty()) {
            slots.update(otherSlots);
        }
        worthTelling.forEach(device -> tell(device.id()));
        if (!worthTelling.isEmpty()) {
            live.publish("fleet", "fleet-changed", Map.of("devices", worthTelling.size()));
        }
    }

    /** Tells of one device whose row was written by its enrolment. */
    void enrolled(DeviceId device) {
        tell(device);
        live.publish("fleet", "fleet-changed", Map.of("devices", 1));
    }

    private void tell(DeviceId device) {
        live.publish("device:" + device.value(), "device-changed", Map.of("id", device.value()));
        changedEvent.fire(new DeviceChanged(device));
    }

    /** A sign of life, or figures that leave the state as it is, are no news. */
    private static boolean isWorthTelling(DeviceRow before, DeviceRow after) {
        return before.presence().presence() != after.presence().presence()
                || !before.state().equals(after.state())
                || !before.facts().equals(after.facts())
                || !before.reported().equals(after.reported());
    }
}
