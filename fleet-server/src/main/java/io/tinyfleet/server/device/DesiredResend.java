package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;
import java.util.Collection;
import java.util.Map;

/** What presence needs from delivery; implemented there. */
public interface DesiredResend {
    /** Sequence of the newest document signed for each device; devices without one are left out. */
    Map<DeviceId, Long> latestSeqs(Collection<DeviceId> devices);

    /**
     * These devices have just been heard. Whoever holds an older root, or whose document is old enough to be signed anew,
     * is sent what it lacks. In the caller's transaction.
     *
     * @param rootVersions what the devices say they hold; 0: they do not say
     */
    void heard(Map<DeviceId, Long> rootVersions);

    /** The device holds another document than the newest: publish that one again. In the caller's transaction. */
    void resend(DeviceId device);
}
