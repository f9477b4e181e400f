package io.tinyfleet.server.enrolment;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.UuidV7;
import io.tinyfleet.server.device.DeviceKind;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.UUID;

/** Makes tokens and shows them once; what is kept cannot enrol anything. */
@ApplicationScoped
class EnrolmentTokens {
    private static final String PREFIX = "tfe_";
    private static final int TOKEN_BYTES = 24;

    private final EnrolmentTokenRepository tokens;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();

    EnrolmentTokens(EnrolmentTokenRepository tokens, InstantSource clock) {
        this.tokens = tokens;
        this.clock = clock;
    }

    record Terms(String name, DeviceKind kind, int maxUses, Duration validFor) {}

    record Token(UUID id, String name, DeviceKind kind, int maxUses, int uses, Instant createdAt, Instant expiresAt) {}

    record Made(Token token, String secret) {}

    @Transactional
    Made make(Terms terms, String author) {
        byte[] bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        String secret = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        Instant now = clock.instant();
        EnrolmentTokenEntity entity = new EnrolmentTokenEntity(
                UuidV7.next(clock),
                terms.name(),
                hash(secret),
                terms.kind(),
                terms.maxUses(),
                author,
                now,
                now.plus(terms.validFor()));
        tokens.persist(entity);
        return new Made(view(entity), secret);
    }

    @Transactional
    List<Token> list() {
        return tokens.newest().stream().map(EnrolmentTokens::view).toList();
    }

    /** Tokens have 192 random bits: a plain hash is enough, there is nothing to guess. */
    static byte[] hash(String secret) {
        return Digest.of(secret.getBytes(StandardCharsets.UTF_8)).toByteArray();
    }

    private static Token view(EnrolmentTokenEntity entity) {
        return new Token(
                entity.id, entity.name, entity.kind, entity.maxUses, entity.uses, entity.createdAt, entity.expiresAt);
    }
}
