package io.tinyfleet.server.model;

import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.server.access.CurrentPerson;
import io.tinyfleet.server.live.LiveEvents;
import io.tinyfleet.server.platform.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Takes a release out of what is offered, brings it back, and removes one that was never used. */
@ApplicationScoped
class WithdrawRelease {
    static final int MAX_REASON = 500;
    private static final Logger LOG = Logger.getLogger(WithdrawRelease.class);

    private final ReleaseRepository releases;
    private final ModelRepository models;
    private final AliasRepository aliases;
    private final ReleaseAnnouncement announcement;
    private final CurrentPerson person;
    private final LiveEvents live;
    private final InstantSource clock;

    WithdrawRelease(
            ReleaseRepository releases,
            ModelRepository models,
            AliasRepository aliases,
            ReleaseAnnouncement announcement,
            CurrentPerson person,
            LiveEvents live,
            InstantSource clock) {
        this.releases = releases;
        this.models = models;
        this.aliases = aliases;
        this.announcement = announcement;
        this.person = person;
        this.live = live;
        this.clock = clock;
    }

    @Transactional
    ReleaseBody withdraw(ReleaseId id, @Nullable String reason) {
        if (reason == null || reason.isBlank() || reason.length() > MAX_REASON) {
            throw Problem.invalid("reason", "must have 1 to " + MAX_REASON + " characters", reason);
        }
        ReleaseEntity release = lock(id);
        requireNoAlias(release, "be withdrawn");
        release.withdraw(clock.instant(), person.name(), reason.strip());
        announcement.announce();
        tell(release, "release-withdrawn");
        return ReleaseBody.of(release);
    }

    @Transactional
    ReleaseBody reinstate(ReleaseId id) {
        ReleaseEntity release = lock(id);
        release.reinstate();
        announcement.announce();
        tell(release, "release-reinstated");
        return ReleaseBody.of(release);
    }

    /** Refuses a release that was ever offered: devices may run it, and what was measured with it keeps its name. */
    @Transactional
    void remove(ReleaseId id) {
        ReleaseEntity release = lock(id);
        release.usedAt().ifPresent(at -> {
            throw Problem.conflict(
                    "release-used",
                    release.model() + " " + release.version() + " was offered to devices first at " + at
                            + ", so it stays. Withdraw it to have it offered no more.");
        });
        requireNoAlias(release, "be removed");
        tell(release, "release-removed");
        releases.delete(release);
        announcement.announce();
    }

    private ReleaseEntity lock(ReleaseId id) {
        ReleaseEntity release =
                releases.findByIdOptional(id.value()).orElseThrow(() -> Problem.notFound("release", id));
        // Aliases move under the same lock.
        models.lock(release.model());
        return release;
    }

    private void requireNoAlias(ReleaseEntity release, String what) {
        List<String> names = aliases.namesOf(release.id());
        if (!names.isEmpty()) {
            throw Problem.conflict(
                    "release-has-alias",
                    release.model() + " " + release.version() + " cannot " + what + " while " + String.join(", ", names)
                            + " points to it. Move the alias first.");
        }
    }

    private void tell(ReleaseEntity release, String what) {
        live.publish(
                "fleet",
                what,
                Map.of("releaseId", release.id().toString(), "model", release.model(), "version", release.version()));
        LOG.infof(
                "%s release=%s model=%s version=%s by=%s",
                what, release.id(), release.model(), release.version(), person.name());
    }
}
