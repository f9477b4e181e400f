package io.tinyfleet.server.device;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.tinyfleet.protocol.DeviceId;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;

/** Notices silence, which no message tells of. Any replica may run it: the rows are locked and judged again. */
@ApplicationScoped
class PresenceSweep {
    private static final Logger LOG = Logger.getLogger(PresenceSweep.class);

    private final DeviceRepository devices;
    private final MarkRepository marks;
    private final EventRepository events;
    private final DeviceChanges changes;
    private final DeviceConfig config;
    private final InstantSource clock;

    PresenceSweep(
            DeviceRepository devices,
            MarkRepository marks,
            EventRepository events,
            DeviceChanges changes,
            DeviceConfig config,
            InstantSource clock) {
        this.devices = devices;
        this.marks = marks;
        this.events = events;
        this.changes = changes;
        this.config = config;
        this.clock = clock;
    }

    /** Before the first message comes: nobody has been heard by this server yet. */
    void start(@Observes StartupEvent event) {
        int unknown = QuarkusTransaction.requiringNew().call(() -> devices.markAllUnknown(clock.instant()));
        LOG.infof("devices known=%d, none heard yet", unknown);
    }

    @Scheduled(every = "15s", delayed = "15s", concurrentExecution = ConcurrentExecution.SKIP)
    void sweep() {
        QuarkusTransaction.requiringNew().run(() -> markSilent(clock.instant()));
    }

    /** In the caller's transaction. */
    void markSilent(Instant now) {
        Instant limit = now.minus(config.offlineAfter());
        List<DeviceId> silent = devices.silentSince(limit);
        if (silent.isEmpty()) {
            return;
        }
        Map<DeviceId, DeviceRow> locked = devices.lock(silent);
        List<DeviceRow> changed = new ArrayList<>();
        for (DeviceRow device : locked.values()) {
            if (isSilent(device.presence(), limit)) {
                changed.add(device.with(device.presence().silent(now)).derived());
            }
        }
        changes.store(locked, changed);
    }

    /** It may have been heard between the search and the lock. */
    private static boolean isSilent(PresenceRecord presence, Instant limit) {
        return switch (presence.presence()) {
            case ONLINE -> presence.lastSeen() == null || presence.lastSeen().isBefore(limit);
            case UNKNOWN -> presence.since().isBefore(limit);
            case OFFLINE -> false;
        };
    }

    @Scheduled(every = "1h", delayed = "5m", concurrentExecution = ConcurrentExecution.SKIP)
    void forget() {
        QuarkusTransaction.requiringNew().run(() -> {
            marks.prune();
            events.deleteReceivedBefore(clock.instant().minus(config.keepEvents()));
        });
    }
}
