package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.trust.FloorsDocuments;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.Floors;
import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.registry.blob.Stored;
import io.tinyfleet.server.access.CurrentPerson;
import io.tinyfleet.server.model.LiveReleases;
import io.tinyfleet.server.model.ReleaseDirectory;
import io.tinyfleet.server.platform.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.transaction.Transactional;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Raises a model's floor: signed here while this server holds the keys, or taken signed from where they are. */
@ApplicationScoped
class SetFloor implements ModelFloors {
    private static final Logger LOG = Logger.getLogger(SetFloor.class);

    private final TrustRepository repository;
    private final LiveReleases live;
    private final ReleaseDirectory releases;
    private final TrustKeys trust;
    private final DocumentSigner signer;
    private final SignatureTime signatureTime;
    private final CurrentHeads heads;
    private final BlobStore blobs;
    private final DeliveryConfig config;
    private final CurrentPerson person;
    private final Event<OutboxFilled> outboxFilled;
    private final InstantSource clock;

    SetFloor(
            TrustRepository repository,
            LiveReleases live,
            ReleaseDirectory releases,
            TrustKeys trust,
            DocumentSigner signer,
            SignatureTime signatureTime,
            CurrentHeads heads,
            BlobStore blobs,
            DeliveryConfig config,
            CurrentPerson person,
            Event<OutboxFilled> outboxFilled,
            InstantSource clock) {
        this.repository = repository;
        this.live = live;
        this.releases = releases;
        this.trust = trust;
        this.signer = signer;
        this.signatureTime = signatureTime;
        this.heads = heads;
        this.blobs = blobs;
        this.config = config;
        this.person = person;
        this.outboxFilled = outboxFilled;
        this.clock = clock;
    }

    @Override
    @Transactional
    public long floorOf(String model) {
        return repository
                .findFloors(model)
                .map(StoredFloors::minSecurityVersion)
                .orElse(0L);
    }

    @Transactional
    StoredFloors set(String model, long minSecurityVersion) {
        repository.lockHeads();
        requireReachable(model, minSecurityVersion);
        Optional<StoredFloors> before = repository.findFloors(model);
        Instant now = signatureTime.tick();
        Floors floors = Floors.newBuilder()
                .setModel(model)
                .setVersion(before.map(StoredFloors::version).orElse(0L) + 1)
                .setIssuedAtMillis(now.toEpochMilli())
                .setExpiresAtMillis(now.plus(config.floorsLife()).toEpochMilli())
                .setMinSecurityVersion(minSecurityVersion)
                .build();
        return store(floors, signer.sign(floors), person.name());
    }

    @Transactional
    StoredFloors upload(String model, byte[] envelope) {
        repository.lockHeads();
        Floors floors;
        try {
            floors = FloorsDocuments.verify(
                    trust.root(),
                    model,
                    repository.findFloors(model).map(StoredFloors::seen),
                    clock.instant(),
                    envelope);
        } catch (TrustException e) {
            throw Problem.unprocessable("floors-" + e.code(), FileTrustKeys.sentence(e));
        }
        if (Instant.ofEpochMilli(floors.getIssuedAtMillis())
                .isAfter(clock.instant().plus(config.clockTolerance()))) {
            throw Problem.unprocessable(
                    "floors-from-the-future",
                    "The floors say they were signed at " + Instant.ofEpochMilli(floors.getIssuedAtMillis())
                            + ", which is not yet: devices would take that for the time of day.");
        }
        requireReachable(model, floors.getMinSecurityVersion());
        return store(floors, envelope, person.name());
    }

    /** A floor above every live release would leave devices without anything to install. */
    private void requireReachable(String model, long floor) {
        long highest = live.listAlive().stream()
                .filter(release -> release.model().equals(model))
                .flatMap(release -> releases.find(model, release.version()).stream())
                .mapToLong(release -> release.manifest().getSecurityVersion())
                .max()
                .orElseThrow(() -> Problem.notFound("live release of the model", model));
        if (floor > highest) {
            throw Problem.conflict(
                    "floor-above-every-release",
                    "The highest security version of a live release of " + model + " is " + highest + ", a floor of "
                            + floor + " would leave nothing to install: make that release first.");
        }
    }

    private StoredFloors store(Floors floors, byte[] envelope, String setBy) {
        StoredFloors stored = new StoredFloors(
                floors.getModel(),
                floors.getVersion(),
                floors.getMinSecurityVersion(),
                put(envelope),
                Instant.ofEpochMilli(floors.getIssuedAtMillis()),
                Instant.ofEpochMilli(floors.getExpiresAtMillis()),
                setBy);
        repository.store(stored);
        heads.announce();
        int told = repository.enqueueModel(floors.getModel(), clock.instant());
        outboxFilled.fire(new OutboxFilled());
        LOG.infof(
                "floor set model=%s minSecurityVersion=%d version=%d by=%s devices=%d",
                stored.model(), stored.minSecurityVersion(), stored.version(), setBy, told);
        return stored;
    }

    /** Floors that this server signs itself are signed anew before they end. */
    @Transactional
    void renewDue() {
        repository.forgetEnded(clock.instant().minus(config.documentLife()));
        Instant limit = clock.instant().plus(Duration.ofDays(60));
        List<StoredFloors> due = repository.floors().stream()
                .filter(floors -> floors.expiresAt().isBefore(limit))
                .toList();
        for (StoredFloors floors : due) {
            if (!trust.signsReleasesOf(floors.model())) {
                LOG.warnf(
                        "the floors of %s end at %s and their keys are kept elsewhere: sign and upload them anew",
                        floors.model(), floors.expiresAt());
                continue;
            }
            Instant now = signatureTime.tick();
            Floors next = Floors.newBuilder()
                    .setModel(floors.model())
                    .setVersion(floors.version() + 1)
                    .setIssuedAtMillis(now.toEpochMilli())
                    .setExpiresAtMillis(now.plus(config.floorsLife()).toEpochMilli())
                    .setMinSecurityVersion(floors.minSecurityVersion())
                    .build();
            store(next, signer.sign(next), floors.setBy());
        }
    }

    private BlobRef put(byte[] envelope) {
        try {
            Stored stored = blobs.put(new ByteArrayInputStream(envelope), Limits.MAX_METADATA_BYTES);
            return BlobRef.newBuilder()
                    .setSha256(stored.digest().toBytes())
                    .setSize(stored.size())
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException("the floors cannot be stored", e);
        }
    }
}
