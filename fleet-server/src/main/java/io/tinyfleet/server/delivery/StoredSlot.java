package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.SlotName;
import java.util.Optional;

/**
 * A slot's row.
 *
 * @param content absent when the slot was cleared: it is to run nothing
 * @param shadow of a slot that is to run something
 */
record StoredSlot(SlotName slot, AttemptId attempt, Optional<SlotContent> content, Optional<ShadowContent> shadow) {
    StoredSlot(SlotName slot, AttemptId attempt, Optional<SlotContent> content) {
        this(slot, attempt, content, Optional.empty());
    }

    StoredSlot {
        if (content.isPresent() && !content.get().attempt().equals(attempt)) {
            throw new IllegalArgumentException("slot " + slot + " has two attempts");
        }
    }
}
