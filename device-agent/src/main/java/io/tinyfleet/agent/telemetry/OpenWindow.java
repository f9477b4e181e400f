package io.tinyfleet.agent.telemetry;

import io.tinyfleet.agent.power.EnergyMeter;
import io.tinyfleet.agent.runtime.WorkerStats;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.ScoreCounts;
import io.tinyfleet.protocol.v1.Window;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The window under way. Guarded by its recording. */
final class OpenWindow {

    static final int HISTOGRAM_BINS = 10;

    private static final int MAX_FAILURE_CODES = 16;
    private static final String OTHER_FAILURES = "other";

    private final WindowSubject subject;
    private final Supplier<WorkerStats> worker;
    private final WindowSurroundings surroundings;
    private final Duration startedAt;
    private final Instant wallStart;
    private final Duration cpuAtStart;
    private final EnergyMeter.Stretch energy;
    private final LatencySketch latency = new LatencySketch();
    private final LatencySketch queueWait = new LatencySketch();
    private final Map<String, Long> failed = new HashMap<>();
    private final long[] histogram = new long[HISTOGRAM_BINS];
    private long ok;
    private long askedByApplications;
    private long dropped;
    private long over;
    private @Nullable ShadowTally shadow;

    OpenWindow(WindowSubject subject, Supplier<WorkerStats> worker, WindowSurroundings surroundings) {
        this.subject = subject;
        this.worker = worker;
        this.surroundings = surroundings;
        this.startedAt = surroundings.uptime().read();
        this.wallStart = surroundings.wall().instant();
        this.cpuAtStart = worker.get().cpu();
        this.energy = surroundings.meter().begin();
    }

    WindowSubject subject() {
        return subject;
    }

    Duration age() {
        return surroundings.uptime().read().minus(startedAt);
    }

    boolean isEmpty() {
        return ok == 0 && failed.isEmpty() && dropped == 0 && shadow == null;
    }

    /** A window never spans two shadows. */
    boolean hasRoomFor(ShadowSubject next) {
        return shadow == null || shadow.isOf(next);
    }

    ShadowTally shadow(ShadowSubject beside) {
        ShadowTally tally = shadow == null ? new ShadowTally(beside) : shadow;
        shadow = tally;
        return tally;
    }

    /** @param score a number; what is not one is a failed inference */
    void answered(double latencyMillis, double waitMillis, double score) {
        ok++;
        latency.add(latencyMillis);
        if (waitMillis >= 0) {
            queueWait.add(waitMillis);
        }
        if (score > subject.scoreThreshold()) {
            over++;
        }
        histogram[(int) Math.max(0, Math.min(HISTOGRAM_BINS - 1, Math.floor(score * HISTOGRAM_BINS)))]++;
    }

    /** Without a score: what the answer means is known to the application alone. */
    void answered(double latencyMillis) {
        ok++;
        askedByApplications++;
        latency.add(latencyMillis);
    }

    void dropped(long frames) {
        dropped += frames;
    }

    void failed(String code) {
        String counted = failed.containsKey(code) || failed.size() < MAX_FAILURE_CODES ? code : OTHER_FAILURES;
        failed.merge(counted, 1L, Long::sum);
    }

    Window close(SlotName slot, String source) {
        WorkerStats used = worker.get();
        // A worker that is gone shows its last reading; never less than at the start.
        Duration cpu = used.cpu().minus(cpuAtStart);
        Duration counted = cpu.isNegative() ? Duration.ZERO : cpu;
        Window.Builder window = Window.newBuilder()
                .setSlot(slot.value())
                .setArtifactSha256(subject.artifact().toBytes())
                .setPhase(subject.phase())
                .setSource(source)
                .setMonotonicStartMillis(startedAt.toMillis())
                .setDurationMillis(age().toMillis())
                .setWallStartMillis(wallStart.toEpochMilli())
                .setClockSynchronised(surroundings.trust().synchronised())
                .setOk(ok)
                .putAllFailed(failed)
                .setLatencySketch(latency.encode())
                .setQueueWaitSketch(queueWait.encode())
                .setEnergy(energy.end(counted))
                .setCpuSeconds(counted.toNanos() / 1e9)
                .setRssPeakBytes(used.rssPeakBytes())
                .setAskedByApplications(askedByApplications)
                .setInputDropped(dropped);
        if (!subject.attempt().equals(AttemptId.NONE)) {
            window.setAttemptId(subject.attempt().toBytes());
        }
        if (shadow != null) {
            window.setShadow(shadow.close());
        }
        return window.setScores(scores()).build();
    }

    private ScoreCounts scores() {
        ScoreCounts.Builder scores = ScoreCounts.newBuilder()
                .setThreshold(subject.scoreThreshold())
                .setOver(over)
                .setTotal(ok - askedByApplications);
        for (long bin : histogram) {
            scores.addHistogram(bin);
        }
        return scores.build();
    }
}
