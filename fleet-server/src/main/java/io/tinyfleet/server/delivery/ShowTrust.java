package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.trust.RoleName;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.protocol.v1.Delegation;
import io.tinyfleet.server.delivery.TrustBody.DelegationBody;
import io.tinyfleet.server.delivery.TrustBody.FloorBody;
import io.tinyfleet.server.delivery.TrustBody.HeadsBody;
import io.tinyfleet.server.delivery.TrustBody.RoleBody;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The state of trust, with a sentence for each thing that somebody should do. */
@ApplicationScoped
class ShowTrust {
    private static final Duration SOON = Duration.ofDays(30);

    private final TrustKeys trust;
    private final TrustRepository repository;
    private final DeliveryConfig config;
    private final InstantSource clock;

    ShowTrust(TrustKeys trust, TrustRepository repository, DeliveryConfig config, InstantSource clock) {
        this.trust = trust;
        this.repository = repository;
        this.config = config;
        this.clock = clock;
    }

    @Transactional
    TrustBody show() {
        TrustedRoot root = trust.root();
        Instant now = clock.instant();
        Optional<StoredHeads> heads = repository.findHeads();
        List<StoredFloors> floors = repository.floors();
        List<RoleBody> roles = new ArrayList<>();
        for (RoleName role : RoleName.values()) {
            roles.add(new RoleBody(
                    role.name().toLowerCase(Locale.ROOT), root.threshold(role), List.copyOf(root.keyIds(role))));
        }
        List<DelegationBody> delegations = root.document().getDelegationsList().stream()
                .map(Delegation::getModel)
                .map(model ->
                        new DelegationBody(model, root.releaseThreshold(model), List.copyOf(root.releaseKeyIds(model))))
                .toList();
        return new TrustBody(
                root.version(),
                root.digest().hex(),
                root.issuedAt(),
                root.expiresAt(),
                trust.holdsRootKeys(),
                trust.signsReleasesOf(""),
                repository.devicesBehind(root.version()),
                roles,
                delegations,
                heads.map(newest -> new HeadsBody(
                                newest.version(),
                                newest.releases(),
                                newest.issuedAt(),
                                newest.expiresAt(),
                                Duration.between(newest.issuedAt(), now).toSeconds()))
                        .orElse(null),
                floors.stream().map(FloorBody::of).toList(),
                warnings(root, heads, floors, now));
    }

    private List<String> warnings(
            TrustedRoot root, Optional<StoredHeads> heads, List<StoredFloors> floors, Instant now) {
        List<String> warnings = new ArrayList<>();
        if (trust.holdsRootKeys()) {
            warnings.add("The root keys lie on this server: whoever reads its folder keys/ can make every device run"
                    + " anything. Keep them offline in production.");
        }
        if (root.expiresAt().isBefore(now.plus(SOON))) {
            warnings.add("The root ends at " + root.expiresAt() + ": after that devices install nothing new.");
        }
        if (heads.isPresent()
                && heads.get()
                        .issuedAt()
                        .isBefore(now.minus(config.headsResignAfter().multipliedBy(2)))) {
            warnings.add("The list of live releases was last signed at "
                    + heads.get().issuedAt() + " and ends at " + heads.get().expiresAt()
                    + ": look into the server's log for why.");
        }
        for (StoredFloors floor : floors) {
            if (floor.expiresAt().isBefore(now.plus(SOON))) {
                warnings.add("The floors of " + floor.model() + " end at " + floor.expiresAt()
                        + ": sign them anew, else devices install nothing new of it.");
            }
        }
        return warnings;
    }
}
