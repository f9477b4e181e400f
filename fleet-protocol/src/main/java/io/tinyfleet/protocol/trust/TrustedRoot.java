package io.tinyfleet.protocol.trust;

import com.google.protobuf.InvalidProtocolBufferException;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.trust.TrustException.Reason;
import io.tinyfleet.protocol.v1.DsseEnvelope;
import io.tinyfleet.protocol.v1.Role;
import io.tinyfleet.protocol.v1.Root;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;

/**
 * The root a device holds: which keys may speak for which role. The first one is pinned at enrolment, each further one
 * must be signed by the one held and by itself. Immutable.
 */
public final class TrustedRoot {
    private final Root root;
    private final Map<RoleName, RoleKeys> roles;
    private final Digest digest;

    private TrustedRoot(Root root, Map<RoleName, RoleKeys> roles, Digest digest) {
        this.root = root;
        this.roles = roles;
        this.digest = digest;
    }

    /**
     * Takes a first root on the word of whoever handed it over. It must be signed by the threshold of its own root
     * role; that proves that it is whole, not that it is the right one. This is the one document whose payload is read
     * before its signatures, because the keys are in it.
     *
     * @throws TrustException when it is not a usable, self-signed root
     */
    public static TrustedRoot pin(byte[] rootEnvelope) throws TrustException {
        DsseEnvelope envelope = Dsse.open(PayloadType.ROOT, rootEnvelope);
        TrustedRoot pinned = read(envelope, rootEnvelope);
        pinned.keysOf(RoleName.ROOT).requireThreshold(envelope);
        return pinned;
    }

    /**
     * Moves one step on: version N+1, signed by the root thresholds of N and of N+1.
     *
     * @throws TrustException when the step is not allowed; this root then stays the trusted one
     */
    public TrustedRoot next(byte[] rootEnvelope) throws TrustException {
        DsseEnvelope envelope = Dsse.open(PayloadType.ROOT, rootEnvelope);
        keysOf(RoleName.ROOT).requireThreshold(envelope);
        TrustedRoot next = read(envelope, rootEnvelope);
        if (next.version() != version() + 1) {
            throw new TrustException(
                    Reason.ROOT_VERSION_STEP,
                    "the root after version " + version() + " must be version " + (version() + 1) + ", got "
                            + next.version());
        }
        next.keysOf(RoleName.ROOT).requireThreshold(envelope);
        return next;
    }

    /**
     * Checks size, type and signatures of a document of that role.
     *
     * @return the payload, signed but not yet parsed
     * @throws TrustException when it is refused
     */
    public byte[] verify(RoleName role, PayloadType type, byte[] envelope) throws TrustException {
        DsseEnvelope opened = Dsse.open(type, envelope);
        keysOf(role).requireThreshold(opened);
        return opened.getPayload().toByteArray();
    }

    /** The SHA-256 of the envelope this root came in. */
    public Digest digest() {
        return digest;
    }

    /** Grows by one with each root, from 1 on. */
    public long version() {
        return root.getVersion();
    }

    /** From then on nothing new may be installed under this root. */
    public Instant expiresAt() {
        return Instant.ofEpochMilli(root.getExpiresAtMillis());
    }

    /** When this root was made; a signed time, so a device may take it as a lower bound of now. */
    public Instant issuedAt() {
        return Instant.ofEpochMilli(root.getIssuedAtMillis());
    }

    private RoleKeys keysOf(RoleName role) throws TrustException {
        RoleKeys keys = roles.get(role);
        if (keys == null) {
            throw new TrustException(
                    Reason.THRESHOLD_NOT_MET, "root version " + version() + " gives no key to " + role);
        }
        return keys;
    }

    private static TrustedRoot read(DsseEnvelope envelope, byte[] envelopeBytes) throws TrustException {
        Root root;
        try {
            root = Root.parseFrom(envelope.getPayload());
        } catch (InvalidProtocolBufferException e) {
            throw new TrustException(Reason.UNREADABLE, "the payload is not a root: " + e.getMessage());
        }
        if (root.getVersion() < 1 || root.getVersion() == Long.MAX_VALUE) {
            throw new TrustException(
                    Reason.UNUSABLE_ROOT,
                    "a root's version must be 1 or more, got " + Long.toUnsignedString(root.getVersion()));
        }
        if (root.getExpiresAtMillis() <= root.getIssuedAtMillis()) {
            throw new TrustException(
                    Reason.UNUSABLE_ROOT, "root version " + root.getVersion() + " ends before it starts");
        }
        Map<RoleName, RoleKeys> roles = new EnumMap<>(RoleName.class);
        roles.put(RoleName.ROOT, RoleKeys.parse(RoleName.ROOT, root.getRoot()));
        roles.put(RoleName.RELEASE, RoleKeys.parse(RoleName.RELEASE, root.getRelease()));
        roles.put(RoleName.DIRECTOR, RoleKeys.parse(RoleName.DIRECTOR, root.getDirector()));
        // Heads may be left out: then nothing can be said in that role.
        if (!root.getHeads().equals(Role.getDefaultInstance())) {
            roles.put(RoleName.HEADS, RoleKeys.parse(RoleName.HEADS, root.getHeads()));
        }
        return new TrustedRoot(root, Map.copyOf(roles), Digest.of(envelopeBytes));
    }
}
