package io.tinyfleet.protocol.trust;

import java.time.Instant;
import java.util.List;

/** Makes the root of a small installation. */
public final class Roots {
    private Roots() {}

    /** One key for each role. */
    public record RoleSigners(SigningKey root, SigningKey release, SigningKey director, SigningKey heads) {}

    /**
     * A first root with one key for each role, signed by its root key. For quick starts: whoever holds the one root key
     * holds the fleet.
     *
     * @return the envelope, fit for {@link TrustedRoot#pin}
     */
    public static byte[] selfSigned(RoleSigners signers, Instant issuedAt, Instant expiresAt) {
        return new RootBuilder(1, issuedAt, expiresAt)
                .role(RoleName.ROOT, signers.root())
                .role(RoleName.RELEASE, signers.release())
                .role(RoleName.DIRECTOR, signers.director())
                .role(RoleName.HEADS, signers.heads())
                .sign(List.of(signers.root()));
    }
}
