package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.server.device.DeviceDirectory;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Which files so many devices want at once that they are worth sending to all. */
@ApplicationScoped
class SharedOffers {
    private final SharedRepository repository;
    private final DeviceDirectory devices;
    private final DeliveryConfig config;

    SharedOffers(SharedRepository repository, DeviceDirectory devices, DeliveryConfig config) {
        this.repository = repository;
        this.devices = devices;
        this.config = config;
    }

    /** Those of the files that more devices than the limit are to run and do not run yet. */
    Set<Digest> among(Collection<Digest> variants) {
        Map<Digest, Long> wanting = repository.countWanting(variants, config.sharedOverDevices());
        if (wanting.isEmpty()) {
            return Set.of();
        }
        Map<Digest, Long> running = devices.countRunning(wanting.keySet());
        return wanting.entrySet().stream()
                .filter(entry ->
                        entry.getValue() - running.getOrDefault(entry.getKey(), 0L) > config.sharedOverDevices())
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }
}
