package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.SlotName;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the device itself brings, and how that does. Not stored: looked at anew at each start.
 *
 * @param inputs as the server was told last, of slots that have one
 * @param disk why the disk takes nothing; null while it does
 */
public record Equipment(
        Map<SlotName, Factory> factories, Map<SlotName, SlotInput> inputs, Trust.@Nullable Trouble disk) {
    public static final Equipment NONE = new Equipment(Map.of(), Map.of(), null);

    public Equipment {
        factories = Collections.unmodifiableMap(new TreeMap<>(factories));
        inputs = Collections.unmodifiableMap(new TreeMap<>(inputs));
    }

    /** With these factory models in the place of those of the same slots. */
    Equipment with(Map<SlotName, Factory> looked) {
        TreeMap<SlotName, Factory> all = new TreeMap<>(factories);
        all.putAll(looked);
        return new Equipment(all, inputs, disk);
    }

    Equipment withInputs(Map<SlotName, SlotInput> told) {
        return new Equipment(factories, told, disk);
    }

    Equipment withDisk(Trust.@Nullable Trouble trouble) {
        return new Equipment(factories, inputs, trouble);
    }
}
