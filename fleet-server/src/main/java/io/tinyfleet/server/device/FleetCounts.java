package io.tinyfleet.server.device;

import java.util.List;
import java.util.Map;

/** Figures of the whole fleet, for the overview. Retired devices are not counted. */
public interface FleetCounts {
    long total();

    long online();

    /** Every state has an entry. */
    Map<DeviceState, Long> byState();

    /** Every kind has an entry. */
    Map<DeviceKind, Long> byKind();

    /** Which versions run on which hardware, one matrix a model, models in alphabetical order. */
    List<VersionMatrix> versions();

    /** Devices that want a person, worst first. */
    List<Trouble> troubles(int limit);

    /** Counts run along {@code versions}. */
    record VersionMatrix(String model, List<String> versions, List<Row> rows) {
        public record Row(String hardwareClass, List<Long> counts) {}
    }

    record Trouble(String deviceId, DeviceState state, String reason) {}
}
