package io.tinyfleet.server.rollout;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.server.device.RolloutMembers;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.Set;
import java.util.UUID;

@ApplicationScoped
class StoredRolloutMembers implements RolloutMembers {
    private final RolloutRepository repository;

    StoredRolloutMembers(RolloutRepository repository) {
        this.repository = repository;
    }

    @Override
    @Transactional
    public Set<DeviceId> membersOf(UUID rollout) {
        return repository.memberIds(rollout);
    }
}
