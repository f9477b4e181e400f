package io.tinyfleet.server.enrolment;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.server.device.CredentialsChanged;
import io.tinyfleet.server.device.Enrolments;
import io.tinyfleet.server.mqtt.DeviceCredentials;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.TransactionPhase;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Who may use the embedded broker. The broker asks for every message, so what is known of enrolled devices is kept in
 * memory and forgotten when it changes; the embedded broker and every change are in this one process.
 */
@ApplicationScoped
class EnrolledCredentials implements DeviceCredentials {
    private final Enrolments enrolments;
    private final DeviceSecrets secrets;
    private final ConcurrentMap<DeviceId, byte[]> known = new ConcurrentHashMap<>();

    EnrolledCredentials(Enrolments enrolments, DeviceSecrets secrets) {
        this.enrolments = enrolments;
        this.secrets = secrets;
    }

    @Override
    public boolean accepts(DeviceId device, String password) {
        // Computed under the map's lock: a change that is committed meanwhile is forgotten after it, not before.
        // A device that does not exist computes to nothing and takes no memory.
        byte[] secret = known.computeIfAbsent(
                device,
                id -> enrolments
                        .find(id)
                        .filter(key -> !key.retired())
                        .map(key -> secrets.of(key).getBytes(StandardCharsets.US_ASCII))
                        .orElse(null));
        return secret != null && MessageDigest.isEqual(secret, password.getBytes(StandardCharsets.UTF_8));
    }

    void forget(@Observes(during = TransactionPhase.AFTER_SUCCESS) CredentialsChanged changed) {
        known.remove(changed.device());
    }
}
