package io.tinyfleet.protocol.trust;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.trust.TrustException.Reason;
import io.tinyfleet.protocol.v1.DsseEnvelope;
import io.tinyfleet.protocol.v1.DsseSignature;
import io.tinyfleet.protocol.v1.KeyAlgorithm;
import io.tinyfleet.protocol.v1.PublicKey;
import io.tinyfleet.protocol.v1.Role;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The distinct keys of a role and how many of them must sign. */
final class RoleKeys {
    private final RoleName name;
    private final Map<ByteString, VerifyingKey> byKeyId;
    private final int threshold;

    private RoleKeys(RoleName name, Map<ByteString, VerifyingKey> byKeyId, int threshold) {
        this.name = name;
        this.byKeyId = byKeyId;
        this.threshold = threshold;
    }

    static RoleKeys parse(RoleName name, Role role) throws TrustException {
        if (role.getKeysCount() > Limits.MAX_KEYS_PER_ROLE) {
            throw new TrustException(
                    Reason.TOO_LARGE,
                    "a role has at most " + Limits.MAX_KEYS_PER_ROLE + " keys, " + name + " has "
                            + role.getKeysCount());
        }
        // Key ids are made here from the keys themselves, so one key can have only one.
        Map<ByteString, VerifyingKey> byKeyId = new HashMap<>();
        for (PublicKey publicKey : role.getKeysList()) {
            VerifyingKey key = VerifyingKey.parse(publicKey);
            if (key.algorithm() != KeyAlgorithm.ED25519 && name != RoleName.RELEASE) {
                throw new TrustException(
                        Reason.UNUSABLE_KEY,
                        "only the release role may have " + key.algorithm() + " keys, " + name + " has one");
            }
            byKeyId.put(key.keyId(), key);
        }
        // The field is unsigned: 2^31 and above arrive as negative numbers.
        int threshold = role.getThreshold();
        if (threshold < 1 || threshold > byKeyId.size()) {
            throw new TrustException(
                    Reason.UNUSABLE_ROOT,
                    "the threshold of " + name + " must be 1.." + byKeyId.size() + " (its distinct keys), got "
                            + Integer.toUnsignedString(threshold));
        }
        return new RoleKeys(name, Map.copyOf(byKeyId), threshold);
    }

    /** Counts the distinct keys of this role that have signed. Unknown, wrong and repeated signatures count nothing. */
    void requireThreshold(DsseEnvelope envelope) throws TrustException {
        byte[] signed =
                Dsse.pae(envelope.getPayloadType(), envelope.getPayload().toByteArray());
        Set<VerifyingKey> signers = new HashSet<>();
        for (DsseSignature signature : envelope.getSignaturesList()) {
            VerifyingKey key = byKeyId.get(signature.getKeyId());
            if (key != null
                    && !signers.contains(key)
                    && key.hasSigned(signed, signature.getSignature().toByteArray())) {
                signers.add(key);
            }
        }
        if (signers.size() < threshold) {
            throw new TrustException(
                    Reason.THRESHOLD_NOT_MET,
                    name + " needs " + threshold + " of its " + byKeyId.size() + " keys to sign, " + signers.size()
                            + " did");
        }
    }

    int threshold() {
        return threshold;
    }

    Set<ByteString> keyIds() {
        return byKeyId.keySet();
    }

    /** The same keys under the same threshold. */
    boolean sameAs(RoleKeys other) {
        return threshold == other.threshold && Set.copyOf(byKeyId.values()).equals(Set.copyOf(other.byKeyId.values()));
    }
}
