package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.trust.HeadsDocuments.TooManyReleasesException;
import io.tinyfleet.server.device.DeviceDirectory;
import io.tinyfleet.server.device.DeviceSnapshot;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jboss.logging.Logger;

/** Finds connected devices whose document grows old and has it signed anew; others get theirs when they return. */
@ApplicationScoped
class RefreshDesired {
    private static final Logger LOG = Logger.getLogger(RefreshDesired.class);

    private final DesiredRepository repository;
    private final DeviceDirectory devices;
    private final DesiredStates desiredStates;
    private final CurrentHeads heads;
    private final SetFloor floors;
    private final DeliveryConfig config;
    private final InstantSource clock;

    RefreshDesired(
            DesiredRepository repository,
            DeviceDirectory devices,
            DesiredStates desiredStates,
            CurrentHeads heads,
            SetFloor floors,
            DeliveryConfig config,
            InstantSource clock) {
        this.repository = repository;
        this.devices = devices;
        this.desiredStates = desiredStates;
        this.heads = heads;
        this.floors = floors;
        this.config = config;
        this.clock = clock;
    }

    /** The list of live releases each day, and floors before they end, as far as this server signs them. */
    void renewTrust() {
        try {
            floors.renewDue();
            heads.fresh();
        } catch (TooManyReleasesException | ClockBehindException e) {
            LOG.errorf("heads and floors are not signed anew: %s", e.getMessage());
        }
    }

    @Transactional
    int enqueueOld(int atMost) {
        Instant limit = clock.instant().minus(config.resignAfter());
        List<DeviceId> online = devices.list(repository.issuedBefore(limit, atMost)).stream()
                .filter(DeviceSnapshot::online)
                .map(DeviceSnapshot::id)
                .toList();
        online.forEach(desiredStates::resend);
        if (!online.isEmpty()) {
            LOG.infof("desired documents are signed anew devices=%d issuedBefore=%s", online.size(), limit);
        }
        return online.size();
    }
}
