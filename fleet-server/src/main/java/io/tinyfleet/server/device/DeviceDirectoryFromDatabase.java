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
    private final DeviceVerbs verbs;

    DeviceDirectoryFromDatabase(DeviceRepository devices, DeviceVerbs verbs) {
        this.devices = devices;
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
        return devices.countRunning(artifacts);
    }

    @Override
    @Transactional
    public void quarantine(DeviceId id, String reason) {
        verbs.quarantine(id, reason);
    }
}
