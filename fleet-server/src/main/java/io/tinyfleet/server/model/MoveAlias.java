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
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Sets, moves and removes the free names of a model's versions, and remembers each move. */
@ApplicationScoped
class MoveAlias {
    static final int MAX_ALIASES = 64;
    static final int MAX_HISTORY = 500;
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,63}");
    private static final Logger LOG = Logger.getLogger(MoveAlias.class);

    private final ModelRepository models;
    private final ReleaseRepository releases;
    private final AliasRepository aliases;
    private final AliasChangeRepository history;
    private final CurrentPerson person;
    private final LiveEvents live;
    private final InstantSource clock;

    MoveAlias(
            ModelRepository models,
            ReleaseRepository releases,
            AliasRepository aliases,
            AliasChangeRepository history,
            CurrentPerson person,
            LiveEvents live,
            InstantSource clock) {
        this.models = models;
        this.releases = releases;
        this.aliases = aliases;
        this.history = history;
        this.person = person;
        this.live = live;
        this.clock = clock;
    }

    @Transactional
    AliasBody set(String model, String alias, AliasRequest request) {
        lock(model);
        if (!NAME.matcher(alias).matches()) {
            throw Problem.invalid("alias", "must match " + NAME + ", so that no version can be mistaken for it", alias);
        }
        if (request.version() == null) {
            throw Problem.invalid("version", Violations.REQUIRED, null);
        }
        ReleaseEntity target = releases.findVersion(model, request.version())
                .orElseThrow(() -> Problem.notFound("release", model + " " + request.version()));
        if (!target.live()) {
            throw Problem.conflict(
                    "release-withdrawn",
                    model + " " + request.version() + " is withdrawn, no alias can point to it. Reinstate it first.");
        }
        Optional<AliasEntity> present = aliases.find(model, alias);
        requireRevision(model, alias, present, request.revision());
        if (present.isEmpty() && aliases.countOf(model) >= MAX_ALIASES) {
            throw Problem.conflict(
                    "too-many-aliases", model + " has " + MAX_ALIASES + " aliases, the most there may be.");
        }
        Optional<String> from = present.map(AliasEntity::release).map(this::versionOf);
        AliasEntity moved = present.map(this::moving).orElseGet(() -> creating(model, alias, target));
        moved.move(target.id(), clock.instant(), person.name());
        aliases.persistAndFlush(moved);
        note(model, alias, moved.revision(), from, Optional.of(target.version()));
        return body(moved, target.version());
    }

    @Transactional
    void remove(String model, String alias, @Nullable Long revision) {
        lock(model);
        AliasEntity present = aliases.find(model, alias).orElseThrow(() -> Problem.notFound("alias", alias));
        requireRevision(model, alias, Optional.of(present), revision);
        String from = versionOf(present.release());
        long next = present.revision() + 1;
        aliases.delete(present);
        note(model, alias, next, Optional.of(from), Optional.empty());
    }

    @Transactional
    List<AliasBody> list(String model) {
        require(model);
        return aliases.listOf(model).stream()
                .map(alias -> body(alias, versionOf(alias.release())))
                .toList();
    }

    @Transactional
    List<AliasChangeBody> history(String model, String alias) {
        require(model);
        return history.listOf(model, alias, MAX_HISTORY).stream()
                .map(AliasChangeEntity::toBody)
                .toList();
    }

    private AliasEntity moving(AliasEntity present) {
        return present;
    }

    /** A name that comes back counts on from where it ended. */
    private AliasEntity creating(String model, String alias, ReleaseEntity target) {
        return new AliasEntity(
                model, alias, history.lastRevision(model, alias), target.id(), clock.instant(), person.name());
    }

    private static void requireRevision(
            String model, String alias, Optional<AliasEntity> present, @Nullable Long expected) {
        long actual = present.map(AliasEntity::revision).orElse(0L);
        if (expected != null && expected != actual) {
            throw Problem.conflict(
                    "alias-moved",
                    "The alias " + alias + " of " + model + " is at revision " + actual + ", not " + expected
                            + ": somebody changed it. Look at it again.");
        }
    }

    private void note(String model, String alias, long revision, Optional<String> from, Optional<String> to) {
        history.persist(new AliasChangeEntity(
                model,
                new AliasChangeBody(revision, from.orElse(null), to.orElse(null), clock.instant(), person.name()),
                alias));
        live.publish("fleet", "alias-moved", Map.of("model", model, "alias", alias, "version", to.orElse("")));
        LOG.infof(
                "alias moved model=%s alias=%s from=%s to=%s by=%s",
                model, alias, from.orElse("-"), to.orElse("-"), person.name());
    }

    private String versionOf(UUID release) {
        return releases.findByIdOptional(release)
                .map(ReleaseEntity::version)
                .orElseThrow(
                        () -> new IllegalStateException("an alias points to release " + release + ", which is gone"));
    }

    private static AliasBody body(AliasEntity alias, String version) {
        return new AliasBody(
                alias.alias(),
                version,
                new ReleaseId(alias.release()).toString(),
                alias.revision(),
                alias.changedAt(),
                alias.changedBy());
    }

    private void lock(String model) {
        if (models.lock(model).isEmpty()) {
            throw Problem.notFound("model", model);
        }
    }

    private void require(String model) {
        if (models.findByIdOptional(model).isEmpty()) {
            throw Problem.notFound("model", model);
        }
    }
}
