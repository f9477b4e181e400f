package io.tinyfleet.server.telemetry;

import com.datadoghq.sketch.ddsketch.DDSketch;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.EnergyLabel;
import io.tinyfleet.server.telemetry.RollupRepository.Stored;
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
    private static final double MILLI = 1000;

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
     */
    record Profile(
            String hardwareClass,
            long windows,
            long inferences,
            Optional<Double> failedShare,
            Optional<Double> latencyP50Millis,
            Optional<Double> latencyP95Millis,
            List<Energy> energy,
            long rssPeakBytes) {}

    /** Millijoules of an inference, and over how many. */
    record Energy(String label, double millijoulesPerInference, long inferences) {}

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
        DDSketch latency = LatencySketches.empty();
        long windows = 0;
        long failed = 0;
        long all = 0;
        long rssPeak = 0;
        for (Stored part : parts) {
            latency.mergeWith(part.rollup().latency);
            windows += part.rollup().windows;
            failed += part.rollup().failed;
            all += part.rollup().ok + part.rollup().failed;
            rssPeak = Math.max(rssPeak, part.rollup().rssPeakBytes);
        }
        return new Profile(
                hardware,
                windows,
                all,
                all == 0 ? Optional.empty() : Optional.of((double) failed / all),
                LatencySketches.quantile(latency, 0.5),
                LatencySketches.quantile(latency, 0.95),
                energy(parts),
                rssPeak);
    }

    private static List<Energy> energy(List<Stored> parts) {
        Map<String, List<Stored>> byLabel = parts.stream()
                .filter(part -> part.rollup().joulesOf > 0)
                .filter(part -> !part.key().energyLabel().equals(EnergyLabel.NONE.name()))
                .collect(Collectors.groupingBy(part -> part.key().energyLabel(), TreeMap::new, Collectors.toList()));
        List<Energy> figures = new ArrayList<>();
        byLabel.forEach((label, same) -> {
            double joules =
                    same.stream().mapToDouble(part -> part.rollup().joulesNet).sum();
            long inferences =
                    same.stream().mapToLong(part -> part.rollup().joulesOf).sum();
            figures.add(new Energy(label, joules * MILLI / inferences, inferences));
        });
        return figures;
    }
}
