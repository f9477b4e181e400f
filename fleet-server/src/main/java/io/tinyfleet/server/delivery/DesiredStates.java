package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.SlotName;
import java.util.Optional;

/**
 * What each device is to run. Changes are rows in the caller's transaction with an outbox row "publish to this
 * device" beside them; after the commit the relay signs the newest state and hands it to the broker.
 */
public interface DesiredStates {
    /** The content must name a release that exists and a variant of it. Repeating it changes nothing. */
    void want(DeviceId device, SlotName slot, SlotContent content);

    /** Empty when nothing was ever wanted for the slot, or when it was cleared. */
    Optional<SlotContent> find(DeviceId device, SlotName slot);

    /** The slot is to run nothing. Does nothing when nothing was wanted. */
    void clear(DeviceId device, SlotName slot);

    /** A second model beside what the slot runs; empty ends it. Repeating it changes nothing. */
    void shadow(DeviceId device, SlotName slot, Optional<ShadowWish> shadow);

    /**
     * Sends the device its newest document again: the same bytes, unless what is wanted has changed, the document is
     * old, or the device reports a higher sequence number than it has.
     */
    void resend(DeviceId device);
}
