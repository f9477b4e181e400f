package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;
import java.util.Collection;
import java.util.Map;

/** What presence needs from delivery; implemented there. */
public interface DesiredResend {
    /** Sequence of the newest document signed for each device; devices without one are left out. */
    Map<DeviceId, Long> latestSeqs(Collection<DeviceId> devices);

    /** The device holds another document than the newest: publish that one again. In the caller's transaction. */
    void resend(DeviceId device);
}
