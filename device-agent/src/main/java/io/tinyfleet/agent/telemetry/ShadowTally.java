package io.tinyfleet.agent.telemetry;

import io.tinyfleet.protocol.v1.Agreement;
import io.tinyfleet.protocol.v1.AgreementMeasure;
import io.tinyfleet.protocol.v1.ShadowCounts;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a window says of the shadow beside its model. Guarded by the window's recording. */
final class ShadowTally {

    private static final int MAX_FAILURE_CODES = 16;
    private static final String OTHER_FAILURES = "other";

    private final ShadowSubject subject;
    private final LatencySketch latency = new LatencySketch();
    private final Map<String, Long> failed = new HashMap<>();
    private final Map<AgreementMeasure, Sum> sums = new EnumMap<>(AgreementMeasure.class);
    private long compared;
    private long dropped;
    private long warmUp;
    private long notComparable;

    /** One measure over all inputs it was taken of. */
    private static final class Sum {
        private long inputs;
        private double agreement;
        private long agreed;
        private double agreeAt;
    }

    ShadowTally(ShadowSubject subject) {
        this.subject = subject;
    }

    boolean isOf(ShadowSubject other) {
        return subject == other;
    }

    void compared(double latencyMillis, List<Agreed> measures) {
        compared++;
        latency.add(latencyMillis);
        for (Agreed one : measures) {
            Sum sum = sums.computeIfAbsent(one.measure(), measure -> new Sum());
            sum.inputs++;
            sum.agreement += one.agreement();
            sum.agreeAt = one.agreeAt();
            if (one.agreement() >= one.agreeAt()) {
                sum.agreed++;
            }
        }
    }

    void notComparable(double latencyMillis) {
        notComparable++;
        latency.add(latencyMillis);
    }

    void warmUp() {
        warmUp++;
    }

    void dropped() {
        dropped++;
    }

    void failed(String code) {
        String counted = failed.containsKey(code) || failed.size() < MAX_FAILURE_CODES ? code : OTHER_FAILURES;
        failed.merge(counted, 1L, Long::sum);
    }

    ShadowCounts close() {
        ShadowCounts.Builder counts = ShadowCounts.newBuilder()
                .setArtifactSha256(subject.artifact().toBytes())
                .setAttemptId(subject.attempt().toBytes())
                .setCompared(compared)
                .setDropped(dropped)
                .setWarmUp(warmUp)
                .setNotComparable(notComparable)
                .putAllFailed(failed)
                .setLatencySketch(latency.encode())
                .setCpuSeconds(subject.takeCpu().toNanos() / 1e9)
                .setRssPeakBytes(subject.rssPeakBytes());
        sums.forEach((measure, sum) -> counts.addAgreements(Agreement.newBuilder()
                .setMeasure(measure)
                .setCompared(sum.inputs)
                .setSum(sum.agreement)
                .setAgreed(sum.agreed)
                .setAgreeAt(sum.agreeAt)));
        return counts.build();
    }
}
