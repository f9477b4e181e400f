package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.trust.RoleName;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.trust.TrustedRoot;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/** The signing keys in the server's folder. Which of them speak for a role is for the root to say. */
record HeldKeys(List<SigningKey> keys) {
    HeldKeys {
        keys = List.copyOf(keys);
    }

    /** Those that the root lists for the role; none when the role's keys are kept elsewhere. */
    List<SigningKey> of(TrustedRoot root, RoleName role) {
        return among(root.keyIds(role));
    }

    /** Those that may sign releases and floors of the model. */
    List<SigningKey> ofModel(TrustedRoot root, String model) {
        return among(root.releaseKeyIds(model));
    }

    /** Enough of them to speak for the role alone. */
    boolean suffice(TrustedRoot root, RoleName role) {
        int threshold = root.threshold(role);
        return threshold > 0 && of(root, role).size() >= threshold;
    }

    boolean sufficeForModel(TrustedRoot root, String model) {
        return ofModel(root, model).size() >= root.releaseThreshold(model);
    }

    private List<SigningKey> among(Set<String> keyIds) {
        return keys.stream()
                .filter(key -> keyIds.contains(HexFormat.of().formatHex(key.keyId())))
                .toList();
    }
}
