package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.UuidV7;
import io.tinyfleet.registry.variant.Candidate;
import io.tinyfleet.registry.variant.Choice;
import io.tinyfleet.registry.variant.Measurements;
import io.tinyfleet.registry.variant.VariantChooser;
import io.tinyfleet.server.device.DeviceDirectory;
import io.tinyfleet.server.device.DeviceSnapshot;
import io.tinyfleet.server.device.InstalledArtifactView;
import io.tinyfleet.server.device.SlotSnapshot;
import io.tinyfleet.server.model.ReleaseDirectory;
import io.tinyfleet.server.model.ReleaseView;
import io.tinyfleet.server.platform.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/** Asks a device for a shadow, or for none. What cannot work now is refused with the reason. */
@ApplicationScoped
class StartShadow {
    private static final Logger LOG = Logger.getLogger(StartShadow.class);

    private final DeviceDirectory devices;
    private final ReleaseDirectory releases;
    private final ModelFloors floors;
    private final DesiredStates desired;
    private final InstantSource clock;

    StartShadow(
            DeviceDirectory devices,
            ReleaseDirectory releases,
            ModelFloors floors,
            DesiredStates desired,
            InstantSource clock) {
        this.devices = devices;
        this.releases = releases;
        this.floors = floors;
        this.desired = desired;
        this.clock = clock;
    }

    /** How a person wants it. */
    record Terms(ReleaseId release, double share, long maxInputs, int maxSeconds, String by) {}

    DeviceSnapshot device(String id) {
        try {
            return devices.find(new DeviceId(id)).orElseThrow(() -> Problem.notFound("device", id));
        } catch (IllegalArgumentException e) {
            // Not an id at all, so there is no such device either.
            throw Problem.notFound("device", id);
        }
    }

    @Transactional
    ShadowWish start(String id, SlotName slot, Terms terms) {
        DeviceSnapshot device = device(id);
        ReleaseView release = releases.getRelease(terms.release());
        requireReady(device, slot);
        requireOffered(release);
        InstalledArtifactView active = requireActive(device, slot);
        Digest variant = variant(device, release);
        if (active.artifact().equals(variant)) {
            throw Problem.conflict(
                    "same-as-active",
                    "Slot " + slot + " of " + id + " runs this file already, as " + active.model() + " "
                            + active.version() + ": there is nothing to compare.");
        }
        ShadowWish wish = new ShadowWish(
                new ShadowContent(
                        new AttemptId(UuidV7.next(clock)),
                        release.id(),
                        variant,
                        terms.share(),
                        terms.maxInputs(),
                        terms.maxSeconds()),
                clock.instant(),
                terms.by());
        desired.shadow(device.id(), slot, Optional.of(wish));
        LOG.infof(
                "shadow asked for device=%s slot=%s model=%s version=%s share=%s by=%s",
                id, slot, release.model(), release.version(), terms.share(), terms.by());
        return wish;
    }

    @Transactional
    void stop(String id, SlotName slot, String by) {
        DeviceSnapshot device = device(id);
        desired.shadow(device.id(), slot, Optional.empty());
        LOG.infof("shadow no longer asked for device=%s slot=%s by=%s", id, slot, by);
    }

    private static void requireReady(DeviceSnapshot device, SlotName slot) {
        if (device.retired()) {
            throw Problem.conflict("device-retired", "Device " + device.id() + " is retired.");
        }
        if (device.quarantined()) {
            throw Problem.conflict(
                    "device-quarantined",
                    "Device " + device.id() + " is in quarantine: it is kept on its model and offered nothing.");
        }
        if (!device.slots().containsKey(slot)) {
            throw Problem.notFound("slot", slot + " of device " + device.id());
        }
    }

    private void requireOffered(ReleaseView release) {
        String named = release.model() + " " + release.version();
        if (!releases.isLive(release.id())) {
            throw Problem.conflict("release-withdrawn", named + " is withdrawn and offered to no device.");
        }
        long security = release.manifest().getSecurityVersion();
        long floor = floors.floorOf(release.model());
        if (security < floor) {
            throw Problem.conflict(
                    "below-floor",
                    named + " has security version " + security + ", the floor of the model is " + floor + ".");
        }
    }

    private InstalledArtifactView requireActive(DeviceSnapshot device, SlotName slot) {
        Optional<InstalledArtifactView> active =
                Optional.ofNullable(device.slots().get(slot)).flatMap(SlotSnapshot::active);
        // A shadow travels in the slot's part of the document, so the server must want something there itself.
        if (active.isEmpty() || desired.find(device.id(), slot).isEmpty()) {
            throw Problem.conflict(
                    "nothing-to-compare-with",
                    "Slot " + slot + " of " + device.id() + " runs no model that the fleet has rolled out to it.");
        }
        return active.get();
    }

    private static Digest variant(DeviceSnapshot device, ReleaseView release) {
        Choice choice = VariantChooser.choose(
                release.manifest(),
                new Candidate(device.facts(), Candidate.of(device.facts()).freeRamBytes(), Set.of()),
                Measurements.none());
        if (choice instanceof Choice.Chosen chosen) {
            return Digest.fromBytes(chosen.variant().getTarget().getSha256());
        }
        String why = choice.rejections().stream()
                .map(rejection -> rejection.variant() + " " + rejection.sentence())
                .distinct()
                .collect(Collectors.joining("; "));
        throw Problem.conflict(
                "no-variant-fits",
                "No variant of " + release.model() + " " + release.version() + " fits " + device.id()
                        + (why.isEmpty() ? "." : ": " + why + "."));
    }
}
