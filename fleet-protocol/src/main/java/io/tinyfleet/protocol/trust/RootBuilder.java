package io.tinyfleet.protocol.trust;

import io.tinyfleet.protocol.v1.Delegation;
import io.tinyfleet.protocol.v1.PublicKey;
import io.tinyfleet.protocol.v1.Role;
import io.tinyfleet.protocol.v1.Root;
import java.time.Instant;
import java.util.List;

/** Puts a root together. Owned by one thread. */
public final class RootBuilder {
    private final Root.Builder root = Root.newBuilder();

    /** Version 1 is the first root; each further one adds one. */
    public RootBuilder(long version, Instant issuedAt, Instant expiresAt) {
        root.setVersion(version)
                .setIssuedAtMillis(issuedAt.toEpochMilli())
                .setExpiresAtMillis(expiresAt.toEpochMilli());
    }

    /** The root after that one: the same keys, thresholds and delegations until they are changed here. */
    public static RootBuilder after(TrustedRoot before, Instant issuedAt, Instant expiresAt) {
        RootBuilder next = new RootBuilder(before.version() + 1, issuedAt, expiresAt);
        next.root
                .setRoot(before.document().getRoot())
                .setRelease(before.document().getRelease())
                .setDirector(before.document().getDirector())
                .setHeads(before.document().getHeads())
                .addAllDelegations(before.document().getDelegationsList());
        return next;
    }

    /** The keys that may speak for a role, and how many distinct ones must. */
    public RootBuilder role(RoleName name, int threshold, List<PublicKey> keys) {
        Role role = Role.newBuilder().setThreshold(threshold).addAllKeys(keys).build();
        switch (name) {
            case ROOT -> root.setRoot(role);
            case RELEASE -> root.setRelease(role);
            case DIRECTOR -> root.setDirector(role);
            case HEADS -> root.setHeads(role);
        }
        return this;
    }

    /** A role of one key. */
    public RootBuilder role(RoleName name, SigningKey key) {
        return role(name, 1, List.of(key.toPublicKey()));
    }

    /** The keys that alone may sign releases and floors of that model. */
    public RootBuilder delegate(String model, int threshold, List<PublicKey> keys) {
        undelegate(model);
        root.addDelegations(Delegation.newBuilder()
                .setModel(model)
                .setRelease(Role.newBuilder().setThreshold(threshold).addAllKeys(keys)));
        return this;
    }

    /** From then on the release role signs that model again. Nothing to do when it is not delegated. */
    public RootBuilder undelegate(String model) {
        List<Delegation> kept = root.getDelegationsList().stream()
                .filter(delegation -> !delegation.getModel().equals(model))
                .toList();
        root.clearDelegations().addAllDelegations(kept);
        return this;
    }

    /** The document as it stands, not signed. */
    public Root build() {
        return root.build();
    }

    /** The envelope, signed by these keys. Whether they suffice is for {@link TrustedRoot} to say. */
    public byte[] sign(List<SigningKey> keys) {
        return Dsse.sign(PayloadType.ROOT, root.build().toByteArray(), keys).toByteArray();
    }
}
