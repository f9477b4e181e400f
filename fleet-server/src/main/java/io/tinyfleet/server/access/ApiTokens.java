package io.tinyfleet.server.access;

import io.tinyfleet.protocol.UuidV7;
import io.tinyfleet.server.platform.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The life of API tokens. */
@ApplicationScoped
class ApiTokens {
    static final int MAX_TOKENS = 1000;

    /** Knowing the last use to the minute is enough, and spares a write for each request. */
    private static final Duration USE_RECORDED_EVERY = Duration.ofMinutes(1);

    private final ApiTokenRepository tokens;
    private final InstantSource clock;

    ApiTokens(ApiTokenRepository tokens, InstantSource clock) {
        this.tokens = tokens;
        this.clock = clock;
    }

    record Made(ApiTokenView view, ApiToken token) {}

    @Transactional
    Made make(String name, List<Role> roles, @Nullable Instant expiresAt, String by) {
        Instant now = clock.instant();
        if (expiresAt != null && !expiresAt.isAfter(now)) {
            throw Problem.invalid("expiresAt", "must be in the future", expiresAt);
        }
        if (tokens.count() >= MAX_TOKENS) {
            throw Problem.conflict("too-many-tokens", "There are " + MAX_TOKENS + " tokens; revoke some first.");
        }
        ApiToken token = ApiToken.random();
        ApiTokenEntity entity = new ApiTokenEntity(
                UuidV7.next(clock), name, token.hash(), roles, new ApiTokenEntity.Creation(by, now, expiresAt));
        tokens.persist(entity);
        return new Made(ApiTokenView.of(entity, now), token);
    }

    @Transactional
    List<ApiTokenView> list() {
        Instant now = clock.instant();
        return tokens.newestFirst().stream()
                .map(entity -> ApiTokenView.of(entity, now))
                .toList();
    }

    @Transactional
    void revoke(UUID id) {
        if (!tokens.deleteById(id)) {
            throw Problem.notFound("API token", id);
        }
    }

    /** Who the token stands for, unless it is unknown, revoked or expired. */
    @Transactional
    Optional<Person> use(ApiToken token) {
        Instant now = clock.instant();
        Optional<ApiTokenEntity> known = tokens.findByHash(token.hash()).filter(entity -> !entity.isExpiredAt(now));
        known.filter(entity -> entity.lastUsedAt == null || !now.isBefore(entity.lastUsedAt.plus(USE_RECORDED_EVERY)))
                .ifPresent(entity -> entity.lastUsedAt = now);
        return known.map(entity -> new Person("token:" + entity.name, entity.roleList()));
    }
}
