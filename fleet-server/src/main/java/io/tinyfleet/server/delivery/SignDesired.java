package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.trust.HeadsDocuments.TooManyReleasesException;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.server.delivery.DesiredContent.Filled;
import io.tinyfleet.server.delivery.DesiredContent.FilledShadow;
import io.tinyfleet.server.delivery.DesiredContent.SlotPart;
import io.tinyfleet.server.delivery.encoding.ReadyEncodings;
import io.tinyfleet.server.device.DeviceDirectory;
import io.tinyfleet.server.device.DeviceSnapshot;
import io.tinyfleet.server.device.InstalledArtifactView;
import io.tinyfleet.server.model.ArtifactDirectory;
import io.tinyfleet.server.model.ArtifactView;
import io.tinyfleet.server.model.ReleaseDirectory;
import io.tinyfleet.server.model.ReleaseView;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * Takes a batch of outbox rows and signs what has changed for their devices. A document is committed before it is
 * published: a number that a device has seen can then never be given to other content.
 */
@ApplicationScoped
class SignDesired {
    /** A document that cannot be made is tried again this much later. */
    static final Duration AFTER_FAILURE = Duration.ofSeconds(30);

    private static final Logger LOG = Logger.getLogger(SignDesired.class);

    private final DesiredRepository repository;
    private final DownloadRules downloads;
    private final DeviceDirectory devices;
    private final ReleaseDirectory releases;
    private final ArtifactDirectory artifacts;
    private final ReadyEncodings encodings;
    private final TrustKeys trust;
    private final TrustRepository trustRepository;
    private final CurrentHeads currentHeads;
    private final DocumentSigner signer;
    private final SignatureTime signatureTime;
    private final DeliveryConfig config;
    private final InstantSource clock;

    SignDesired(
            DesiredRepository repository,
            DownloadRules downloads,
            DeviceDirectory devices,
            ReleaseDirectory releases,
            ArtifactDirectory artifacts,
            ReadyEncodings encodings,
            TrustKeys trust,
            TrustRepository trustRepository,
            CurrentHeads currentHeads,
            DocumentSigner signer,
            SignatureTime signatureTime,
            DeliveryConfig config,
            InstantSource clock) {
        this.repository = repository;
        this.downloads = downloads;
        this.devices = devices;
        this.releases = releases;
        this.artifacts = artifacts;
        this.encodings = encodings;
        this.trust = trust;
        this.trustRepository = trustRepository;
        this.currentHeads = currentHeads;
        this.signer = signer;
        this.signatureTime = signatureTime;
        this.config = config;
        this.clock = clock;
    }

    /** The rows whose devices' documents are ready to be sent; none when nothing is due. */
    @Transactional(Transactional.TxType.REQUIRES_NEW)
    List<OutboxRow> signDue() {
        Instant now = clock.instant();
        Instant leaseUntil = now.plus(config.publishTimeout().multipliedBy(2));
        List<OutboxRow> claimed = new ArrayList<>(repository.claim(config.batch(), now, leaseUntil));
        if (claimed.isEmpty()) {
            return List.of();
        }
        claimed.addAll(repository.claimOthers(claimed, leaseUntil));
        TreeSet<DeviceId> ids = claimed.stream()
                .map(OutboxRow::device)
                .collect(Collectors.toCollection(() -> new TreeSet<>(java.util.Comparator.comparing(DeviceId::value))));
        Map<DeviceId, Optional<SignedDocument>> newest = repository.lock(ids);
        Map<DeviceId, List<StoredSlot>> slots = repository.slots(ids);
        DownloadRules.Batch rules = downloads.of(ids, variants(slots.values()));
        Map<DeviceId, DeviceSnapshot> reported =
                devices.list(ids).stream().collect(Collectors.toMap(DeviceSnapshot::id, device -> device));

        Map<String, BlobRef> floors =
                trustRepository.floors().stream().collect(Collectors.toMap(StoredFloors::model, StoredFloors::blob));
        List<OutboxRow> ready = new ArrayList<>();
        for (DeviceId device : ids) {
            List<OutboxRow> rows =
                    claimed.stream().filter(row -> row.device().equals(device)).toList();
            try {
                sign(
                        device,
                        slots.getOrDefault(device, List.of()),
                        rules,
                        floors,
                        newest.getOrDefault(device, Optional.empty()),
                        Optional.ofNullable(reported.get(device)));
                ready.addAll(rows);
            } catch (ClockBehindException e) {
                LOG.warnf("desired document not signed device=%s reason=%s", device, e.getMessage());
                repository.postpone(rows, now.plus(AFTER_FAILURE));
            } catch (DocumentImpossibleException e) {
                LOG.errorf(e, "desired document cannot be made device=%s", device);
                repository.postpone(rows, now.plus(AFTER_FAILURE));
            }
        }
        return ready;
    }

    private static Set<Digest> variants(Collection<List<StoredSlot>> slots) {
        return slots.stream()
                .flatMap(List::stream)
                .flatMap(slot -> slot.content().stream())
                .map(SlotContent::variant)
                .collect(Collectors.toUnmodifiableSet());
    }

    private void sign(
            DeviceId device,
            List<StoredSlot> slots,
            DownloadRules.Batch rules,
            Map<String, BlobRef> floors,
            Optional<SignedDocument> newest,
            Optional<DeviceSnapshot> reported) {
        if (slots.isEmpty()) {
            return;
        }
        long reportedSeq = reported.map(DeviceSnapshot::reportedDesiredSeq).orElse(0L);
        List<SlotPart> parts =
                slots.stream().map(slot -> part(slot, bases(slot, reported))).toList();
        DesiredContent content =
                rules.applyTo(device, DesiredContent.of(device, trust.rootDigest(), floorsOf(parts, floors), parts));
        if (!content.needsSigning(newest, reportedSeq, clock.instant(), config.resignAfter())) {
            return;
        }
        // Heads first: whatever this document asks for is in the list it names.
        BlobRef heads = heads();
        Instant now = signatureTime.tick();
        Desired desired = content.numbered(
                newest.map(SignedDocument::seq).orElse(0L), reportedSeq, heads, now, config.documentLife());
        Digest digest = content.digest();
        downloads.offer(content.sharedBlobs());
        repository.store(device, new SignedDocument(desired.getSeq(), digest, signer.sign(desired), now));
        LOG.debugf("signed a desired document device=%s seq=%d", device, desired.getSeq());
    }

    /** What the device says it holds in this slot: deltas may start there. */
    private static List<Digest> bases(StoredSlot slot, Optional<DeviceSnapshot> reported) {
        return reported.map(device -> device.slots().get(slot.slot())).stream()
                .flatMap(held -> Stream.concat(held.active().stream(), held.previous().stream()))
                .map(InstalledArtifactView::artifact)
                .toList();
    }

    private static List<BlobRef> floorsOf(List<SlotPart> parts, Map<String, BlobRef> floors) {
        return parts.stream()
                .flatMap(part -> Stream.concat(
                        part.filling().stream().map(filled -> filled.release().model()),
                        part.shadow().stream().map(filled -> filled.release().model())))
                .distinct()
                .sorted()
                .flatMap(model -> Optional.ofNullable(floors.get(model)).stream())
                .toList();
    }

    private BlobRef heads() {
        try {
            return currentHeads.fresh().blob();
        } catch (TooManyReleasesException e) {
            LOG.errorf("the list of live releases is not signed anew: %s", e.getMessage());
            return trustRepository
                    .findHeads()
                    .orElseThrow(() -> new DocumentImpossibleException("there is no list of live releases"))
                    .blob();
        }
    }

    private SlotPart part(StoredSlot slot, List<Digest> bases) {
        return new SlotPart(
                slot,
                slot.content().map(content -> filling(content, bases)),
                slot.content().flatMap(content -> slot.shadow()).map(shadow -> filling(shadow, bases)));
    }

    private FilledShadow filling(ShadowContent shadow, List<Digest> bases) {
        return new FilledShadow(
                shadow, release(shadow.release()), artifact(shadow.variant()), encodings.find(shadow.variant(), bases));
    }

    private Filled filling(SlotContent content, List<Digest> bases) {
        return new Filled(
                content,
                release(content.release()),
                artifact(content.variant()),
                encodings.find(content.variant(), bases));
    }

    private ReleaseView release(ReleaseId id) {
        return releases.find(id).orElseThrow(() -> new DocumentImpossibleException("release " + id + " is not stored"));
    }

    private ArtifactView artifact(Digest variant) {
        return artifacts
                .find(variant)
                .orElseThrow(() -> new DocumentImpossibleException("artifact " + variant + " is not stored"));
    }

    static final class DocumentImpossibleException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        DocumentImpossibleException(String message) {
            super(message);
        }
    }
}
