package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.SlotName;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** What the device itself brings for its slots. Not stored: looked at anew at each start. */
public record Equipment(Map<SlotName, Factory> factories) {
    public static final Equipment NONE = new Equipment(Map.of());

    public Equipment {
        factories = Collections.unmodifiableMap(new TreeMap<>(factories));
    }

    /** With these factory models in the place of those of the same slots. */
    Equipment with(Map<SlotName, Factory> looked) {
        TreeMap<SlotName, Factory> all = new TreeMap<>(factories);
        all.putAll(looked);
        return new Equipment(all);
    }
}
