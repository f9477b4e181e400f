package io.tinyfleet.server.telemetry;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.server.telemetry.RollupRepository.Rollup;
import io.tinyfleet.server.telemetry.RollupRepository.Stored;
import io.tinyfleet.server.telemetry.TelemetryQueries.EnergyFigure;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What an artifact costs on each kind of hardware, as devices have measured it. */
@ApplicationScoped
class MeasuredProfiles {
    private final RollupRepository rollups;

    MeasuredProfiles(RollupRepository rollups) {
        this.rollups = rollups;
    }

    /**
     * One artifact on one hardware class.
     *
     * @param failedShare of all inferences; empty when there were none
     * @param energy one figure for each label: a measured watt and an estimated one are never added
     * @param rssPeakBytes the most that a worker took
     * @param askedByApplications of the inferences
     * @param inputDropped frames that nobody took in time
     */
    record Profile(
            String hardwareClass,
            long windows,
            long inferences,
            Optional<Double> failedShare,
            Optional<Double> latencyP50Millis,
            Optional<Double> latencyP95Millis,
            List<EnergyFigure> energy,
            long rssPeakBytes,
            long askedByApplications,
            long inputDropped) {}

    /** In the order of hardware classes. */
    List<Profile> of(Digest artifact, Instant since) {
        Map<String, List<Stored>> byHardware = rollups.of(artifact, since).stream()
                .collect(Collectors.groupingBy(
                        stored -> stored.key().hardwareClass(), TreeMap::new, Collectors.toList()));
        List<Profile> profiles = new ArrayList<>();
        byHardware.forEach((hardware, parts) -> profiles.add(profile(hardware, parts)));
        return profiles;
    }

    private static Profile profile(String hardware, List<Stored> parts) {
        Rollup sum = Rollup.sum(parts);
        return new Profile(
                hardware,
                sum.windows,
                sum.inferences(),
                sum.failedShare(),
                sum.latencyMillis(0.5),
                sum.latencyMillis(0.95),
                TelemetryQueriesFromRollups.energy(parts),
                sum.rssPeakBytes,
                sum.askedByApplications,
                sum.inputDropped);
    }
}
