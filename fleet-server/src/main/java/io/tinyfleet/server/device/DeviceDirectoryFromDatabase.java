package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

@ApplicationScoped
class DeviceDirectoryFromDatabase implements DeviceDirectory {
    private final DeviceRepository devices;
    private final SlotRepository slots;
    private final DeviceVerbs verbs;

    DeviceDirectoryFromDatabase(DeviceRepository devices, SlotRepository slots, DeviceVerbs verbs) {
        this.devices = devices;
        this.slots = slots;
        this.verbs = verbs;
    }

    @Override
    public Optional<DeviceSnapshot> find(DeviceId id) {
        return Optional.ofNullable(devices.read(Set.of(id)).get(id)).map(DeviceRow::snapshot);
    }

    @Override
    public List<DeviceSnapshot> list(Collection<DeviceId> ids) {
        return devices.read(ids).values().stream().map(DeviceRow::snapshot).toList();
    }

    @Override
    public List<DeviceSnapshot> listAll(DeviceFilter filter) {
        return devices.readAll(filter).values().stream()
                .map(DeviceRow::snapshot)
                .toList();
    }

    @Override
    public boolean exists(DeviceId id) {
        return devices.exists(id);
    }

    @Override
    public Map<Digest, Long> countRunning(Collection<Digest> artifacts) {
        return slots.countRunning(artifacts);
    }

    @Override
    @Transactional
    public void quarantine(DeviceId id, String reason) {
        verbs.quarantine(id, reason);
    }
}
