package io.tinyfleet.server.device;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** The device side of enrolment: which key an id belongs to. In the caller's transaction. */
@ApplicationScoped
public class Enrolments {
    private final DeviceRepository devices;
    private final DeviceChanges changes;
    private final Event<CredentialsChanged> credentialsChanged;

    Enrolments(DeviceRepository devices, DeviceChanges changes, Event<CredentialsChanged> credentialsChanged) {
        this.devices = devices;
        this.changes = changes;
        this.credentialsChanged = credentialsChanged;
    }

    /** The key an id belongs to, and what the secret is derived from. */
    public record DeviceKey(
            DeviceId device, Digest keyDigest, int generation, UUID token, DeviceKind kind, boolean retired) {}

    public Optional<DeviceKey> find(DeviceId id) {
        return devices.findKey(id, "");
    }

    /** Locked against a second enrolment until the transaction ends. */
    public Optional<DeviceKey> lock(DeviceId id) {
        return devices.findKey(id, " for no key update");
    }

    /** A new device, or a retired one under a new key: then its marks and slots start anew. */
    public DeviceKey enrol(
            DeviceId id, DeviceKind kind, String hardwareClass, byte[] publicKey, UUID token, Instant now) {
        devices.insert(
                new DeviceRepository.Enrolled(id, kind, hardwareClass, ByteString.copyFrom(publicKey), token), now);
        changes.enrolled(id);
        credentialsChanged.fire(new CredentialsChanged(id));
        return find(id).orElseThrow();
    }
}
