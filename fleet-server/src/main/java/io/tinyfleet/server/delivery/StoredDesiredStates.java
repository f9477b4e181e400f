package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.UuidV7;
import io.tinyfleet.server.device.DesiredResend;
import io.tinyfleet.server.model.ReleaseDirectory;
import io.tinyfleet.server.model.ReleaseView;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.transaction.Transactional;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

@ApplicationScoped
class StoredDesiredStates implements DesiredStates, DesiredResend {
    private final DesiredRepository repository;
    private final ShadowRepository shadows;
    private final TrustRepository trustRepository;
    private final TrustKeys trust;
    private final ReleaseDirectory releases;
    private final DeliveryConfig config;
    private final InstantSource clock;
    private final Event<OutboxFilled> outboxFilled;

    StoredDesiredStates(
            DesiredRepository repository,
            ShadowRepository shadows,
            TrustRepository trustRepository,
            TrustKeys trust,
            ReleaseDirectory releases,
            DeliveryConfig config,
            InstantSource clock,
            Event<OutboxFilled> outboxFilled) {
        this.repository = repository;
        this.shadows = shadows;
        this.trustRepository = trustRepository;
        this.trust = trust;
        this.releases = releases;
        this.config = config;
        this.clock = clock;
        this.outboxFilled = outboxFilled;
    }

    @Override
    @Transactional
    public void want(DeviceId device, SlotName slot, SlotContent content) {
        ReleaseView release = releases.getRelease(content.release());
        boolean held = release.manifest().getVariantsList().stream()
                .anyMatch(variant ->
                        variant.getTarget().getSha256().equals(content.variant().toBytes()));
        if (!held) {
            throw new IllegalArgumentException("release " + release.model() + " " + release.version()
                    + " has no variant with the file " + content.variant());
        }
        List<StoredSlot> slots = repository.slots(device);
        Optional<StoredSlot> stored = named(slots, slot);
        if (stored.isPresent() && stored.get().content().equals(Optional.of(content))) {
            return;
        }
        if (stored.isEmpty() && slots.size() >= Limits.MAX_SLOTS) {
            throw new IllegalArgumentException("device " + device + " has " + slots.size() + " slots, at most "
                    + Limits.MAX_SLOTS + " are allowed");
        }
        repository.putSlot(device, slot, content);
        // What the slot is to run itself has nothing left to be compared with.
        shadows.find(device, slot)
                .filter(shadow -> shadow.content().variant().equals(content.variant()))
                .ifPresent(shadow -> shadows.remove(device, slot));
        releases.markUsed(content.release());
        enqueue(device);
    }

    @Override
    @Transactional
    public Optional<SlotContent> find(DeviceId device, SlotName slot) {
        return named(repository.slots(device), slot).flatMap(StoredSlot::content);
    }

    @Override
    @Transactional
    public void clear(DeviceId device, SlotName slot) {
        if (find(device, slot).isEmpty()) {
            return;
        }
        repository.putEmptySlot(device, slot, new AttemptId(UuidV7.next(clock)));
        shadows.remove(device, slot);
        enqueue(device);
    }

    @Override
    @Transactional
    public void shadow(DeviceId device, SlotName slot, Optional<ShadowWish> shadow) {
        Optional<ShadowWish> before = shadows.find(device, slot);
        if (before.equals(shadow)) {
            return;
        }
        if (shadow.isPresent()) {
            shadows.put(device, slot, shadow.get());
            releases.markUsed(shadow.get().content().release());
        } else {
            shadows.remove(device, slot);
        }
        enqueue(device);
    }

    @Override
    @Transactional
    public void resend(DeviceId device) {
        if (repository.enqueueOnce(device, clock.instant())) {
            outboxFilled.fire(new OutboxFilled());
        }
    }

    @Override
    @Transactional
    public void heard(Map<DeviceId, Long> rootVersions) {
        Map<DeviceId, Long> before = trustRepository.heldRoots(rootVersions.keySet());
        Set<DeviceId> due = new TreeSet<>(Comparator.comparing(DeviceId::value));
        long newest = trust.root().version();
        rootVersions.forEach((device, version) -> {
            if (version > 0 && !version.equals(before.get(device))) {
                trustRepository.storeHeldRoot(device, version);
            }
            if (version > 0 && version < newest) {
                due.add(device);
            }
        });
        due.addAll(trustRepository.issuedBefore(
                rootVersions.keySet(), clock.instant().minus(config.resignAfter())));
        due.forEach(this::resend);
    }

    @Override
    @Transactional
    public Map<DeviceId, Long> latestSeqs(Collection<DeviceId> devices) {
        return repository.seqs(devices);
    }

    private void enqueue(DeviceId device) {
        repository.enqueue(device, clock.instant());
        outboxFilled.fire(new OutboxFilled());
    }

    private static Optional<StoredSlot> named(List<StoredSlot> slots, SlotName name) {
        return slots.stream().filter(slot -> slot.slot().equals(name)).findFirst();
    }
}
