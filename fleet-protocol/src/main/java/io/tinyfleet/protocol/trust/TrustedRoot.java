package io.tinyfleet.protocol.trust;

import com.google.protobuf.InvalidProtocolBufferException;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.trust.TrustException.Reason;
import io.tinyfleet.protocol.v1.Delegation;
import io.tinyfleet.protocol.v1.DsseEnvelope;
import io.tinyfleet.protocol.v1.Role;
import io.tinyfleet.protocol.v1.Root;
import java.time.Instant;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The root a device holds: which keys may speak for which role. The first one is pinned at enrolment, each further one
 * must be signed by the one held and by itself. Immutable.
 */
public final class TrustedRoot {
    private final Root root;
    private final Map<RoleName, RoleKeys> roles;
    private final Map<String, RoleKeys> delegations;
    private final Digest digest;

    private TrustedRoot(Root root, Map<RoleName, RoleKeys> roles, Map<String, RoleKeys> delegations, Digest digest) {
        this.root = root;
        this.roles = roles;
        this.delegations = delegations;
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

    /**
     * Checks size, type and signatures of a release or of floors: by the keys the root delegates to that model, and only
     * by those, else by the release role's.
     *
     * @param model the exact name, as a list of heads or a person says it; the payload has not been read yet
     * @return the payload, signed but not yet parsed
     * @throws TrustException when it is refused
     */
    public byte[] verifyForModel(String model, PayloadType type, byte[] envelope) throws TrustException {
        DsseEnvelope opened = Dsse.open(type, envelope);
        RoleKeys delegated = delegations.get(model);
        (delegated == null ? keysOf(RoleName.RELEASE) : delegated).requireThreshold(opened);
        return opened.getPayload().toByteArray();
    }

    /**
     * Refuses a root that has ended.
     *
     * @param trustedTime latest signed time seen, or the system's clock while it is synchronised
     */
    public void requireCurrent(Instant trustedTime) throws TrustException {
        if (!trustedTime.isBefore(expiresAt())) {
            throw new TrustException(
                    Reason.ROOT_EXPIRED,
                    "root version " + version() + " ended at " + expiresAt() + ", it is " + trustedTime);
        }
    }

    /**
     * The roles whose keys or thresholds differ from those of another root. What a device has stored of what these
     * roles said (numbers, versions, times) is dropped with the step, so that whoever held the old keys cannot have
     * spoiled it for the new.
     */
    public Set<RoleName> rotatedSince(TrustedRoot before) {
        Set<RoleName> rotated = EnumSet.noneOf(RoleName.class);
        for (RoleName role : RoleName.values()) {
            RoleKeys now = roles.get(role);
            RoleKeys then = before.roles.get(role);
            if (now == null ? then != null : then == null || !now.sameAs(then)) {
                rotated.add(role);
            }
        }
        return rotated;
    }

    /** The document as it was signed, for those who make the next one out of it or show it. */
    public Root document() {
        return root;
    }

    /** Key ids of a role in hexadecimal; none when the root gives the role no key. */
    public Set<String> keyIds(RoleName role) {
        RoleKeys keys = roles.get(role);
        Set<String> ids = new TreeSet<>();
        if (keys != null) {
            keys.keyIds().forEach(id -> ids.add(HexFormat.of().formatHex(id.toByteArray())));
        }
        return ids;
    }

    /** How many distinct keys of the role must sign; 0 when the root gives the role no key. */
    public int threshold(RoleName role) {
        RoleKeys keys = roles.get(role);
        return keys == null ? 0 : keys.threshold();
    }

    /** Key ids, in hexadecimal, that may sign releases and floors of the model. */
    public Set<String> releaseKeyIds(String model) {
        RoleKeys delegated = delegations.get(model);
        if (delegated == null) {
            return keyIds(RoleName.RELEASE);
        }
        Set<String> ids = new TreeSet<>();
        delegated.keyIds().forEach(id -> ids.add(HexFormat.of().formatHex(id.toByteArray())));
        return ids;
    }

    /** How many distinct keys must sign a release or floors of the model. */
    public int releaseThreshold(String model) {
        RoleKeys delegated = delegations.get(model);
        return delegated == null ? threshold(RoleName.RELEASE) : delegated.threshold();
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
        return new TrustedRoot(root, Map.copyOf(roles), delegations(root), Digest.of(envelopeBytes));
    }

    private static Map<String, RoleKeys> delegations(Root root) throws TrustException {
        if (root.getDelegationsCount() > Limits.MAX_DELEGATIONS) {
            throw new TrustException(
                    Reason.TOO_LARGE,
                    "a root delegates at most " + Limits.MAX_DELEGATIONS + " models, got "
                            + root.getDelegationsCount());
        }
        Map<String, RoleKeys> delegations = new HashMap<>();
        for (Delegation delegation : root.getDelegationsList()) {
            DocumentFields.name(delegation.getModel(), "delegated model");
            RoleKeys keys = RoleKeys.parse(RoleName.RELEASE, delegation.getRelease());
            if (delegations.put(delegation.getModel(), keys) != null) {
                throw new TrustException(
                        Reason.UNUSABLE_ROOT, "the model " + delegation.getModel() + " is delegated twice");
            }
        }
        return Map.copyOf(delegations);
    }
}
