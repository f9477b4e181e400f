package io.tinyfleet.server.telemetry;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Agreement;
import io.tinyfleet.protocol.v1.AgreementMeasure;
import io.tinyfleet.protocol.v1.Energy;
import io.tinyfleet.protocol.v1.EnergyLabel;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.ScoreCounts;
import io.tinyfleet.protocol.v1.ShadowCounts;
import io.tinyfleet.protocol.v1.Window;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** What a window must hold to be stored. Nonsense is refused here once, so that nothing later has to doubt a row. */
final class WindowCheck {
    static final long MAX_DURATION_MILLIS = Duration.ofDays(1).toMillis();
    static final int MAX_FAILURE_CODES = 64;
    static final int MAX_HISTOGRAM_BINS = 256;
    static final int MAX_TEXT_CHARACTERS = 200;
    /** Of a count in one window; far beyond any device, far below an overflow of sums. */
    static final long MAX_COUNT = 1L << 40;

    private static final String CODE = "bad-window: ";

    private WindowCheck() {}

    /** The broken rule; empty when the window may be stored. */
    static Optional<String> refusal(Window window) {
        try {
            new SlotName(window.getSlot());
            Digest.fromBytes(window.getArtifactSha256());
            if (!window.getAttemptId().isEmpty()) {
                AttemptId.fromBytes(window.getAttemptId());
            }
            requireCounts(window);
            requireTexts(window);
            requireEnergy(window.getEnergy());
            requireScores(window.getScores());
            if (window.hasShadow()) {
                requireShadow(window.getShadow());
            }
            LatencySketches.addTo(
                    LatencySketches.empty(), window.getLatencySketch().toByteArray());
            LatencySketches.addTo(
                    LatencySketches.empty(), window.getQueueWaitSketch().toByteArray());
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.of(CODE + e.getMessage());
        }
    }

    private static void requireCounts(Window window) {
        require(
                window.getDurationMillis() >= 1 && window.getDurationMillis() <= MAX_DURATION_MILLIS,
                "duration must be 1 ms to 1 day, got " + window.getDurationMillis());
        requireCount("ok", window.getOk());
        requireCount("asked by applications", window.getAskedByApplications());
        requireCount("dropped input", window.getInputDropped());
        require(window.getFailedCount() <= MAX_FAILURE_CODES, "at most 64 failure codes");
        window.getFailedMap().values().forEach(count -> requireCount("failed", count));
        requireCount("peak memory", window.getRssPeakBytes());
        require(window.getMonotonicStartMillis() >= 0, "the start must not be before the agent's");
        requireAmount("CPU seconds", window.getCpuSeconds());
        require(
                window.getPhase() != Phase.PHASE_UNSPECIFIED && window.getPhase() != Phase.UNRECOGNIZED
                        || window.getPhaseValue() == 0,
                "phase " + window.getPhaseValue() + " is not known");
        require(!Double.isInfinite(window.getTemperatureCelsius()), "temperature must be finite");
    }

    private static void requireTexts(Window window) {
        requireText("source", window.getSource());
        window.getFailedMap().keySet().forEach(code -> requireText("failure code", code));
        requireText("energy method", window.getEnergy().getMethod());
        requireText("energy scope", window.getEnergy().getScope());
    }

    private static void requireEnergy(Energy energy) {
        require(energy.getLabel() != EnergyLabel.UNRECOGNIZED, "energy label is not known");
        requireAmount("gross energy", energy.getJoulesGross());
        require(Double.isFinite(energy.getJoulesNet()), "net energy must be finite");
        requireAmount("idle power", energy.getIdleWatts());
        requireAmount("energy's interval", energy.getCi95Joules());
        require(energy.getSamples() >= 0, "energy samples must fit in 31 bits");
    }

    private static void requireScores(ScoreCounts scores) {
        requireCount("scores", scores.getTotal());
        require(
                scores.getOver() >= 0 && scores.getOver() <= scores.getTotal(),
                "scores over the threshold must be 0 to their total");
        require(Double.isFinite(scores.getThreshold()), "the score threshold must be finite");
        require(scores.getHistogramCount() <= MAX_HISTOGRAM_BINS, "at most 256 histogram bins");
        scores.getHistogramList().forEach(count -> requireCount("histogram", count));
    }

    private static void requireShadow(ShadowCounts shadow) {
        Digest.fromBytes(shadow.getArtifactSha256());
        AttemptId.fromBytes(shadow.getAttemptId());
        requireCount("compared inputs", shadow.getCompared());
        requireCount("dropped inputs", shadow.getDropped());
        requireCount("inputs to warm up", shadow.getWarmUp());
        requireCount("inputs not comparable", shadow.getNotComparable());
        require(shadow.getFailedCount() <= MAX_FAILURE_CODES, "at most 64 failure codes of a shadow");
        shadow.getFailedMap().forEach((code, count) -> {
            requireText("failure code", code);
            requireCount("failed", count);
        });
        requireCount("a shadow's peak memory", shadow.getRssPeakBytes());
        requireAmount("a shadow's CPU seconds", shadow.getCpuSeconds());
        LatencySketches.addTo(LatencySketches.empty(), shadow.getLatencySketch().toByteArray());
        require(
                shadow.getAgreementsCount() <= AgreementMeasure.values().length,
                "a shadow has each measure of agreement once");
        Set<AgreementMeasure> seen = EnumSet.noneOf(AgreementMeasure.class);
        shadow.getAgreementsList().forEach(agreement -> requireAgreement(agreement, shadow.getCompared(), seen));
    }

    private static void requireAgreement(Agreement agreement, long compared, Set<AgreementMeasure> seen) {
        AgreementMeasure measure = agreement.getMeasure();
        require(
                measure != AgreementMeasure.AGREEMENT_MEASURE_UNSPECIFIED && measure != AgreementMeasure.UNRECOGNIZED,
                "measure of agreement " + agreement.getMeasureValue() + " is not known");
        require(seen.add(measure), "the measure " + measure + " is there twice");
        long inputs = agreement.getCompared();
        require(
                inputs >= 0 && inputs <= compared,
                measure + " was taken of " + inputs + " inputs, " + compared + " were compared");
        require(
                agreement.getAgreed() >= 0 && agreement.getAgreed() <= inputs,
                measure + ": inputs that agree must be 0 to " + inputs + ", got " + agreement.getAgreed());
        // A sum of so many rounded numbers may be a little over.
        require(
                agreement.getSum() >= 0 && agreement.getSum() <= inputs * (1 + 1e-9),
                measure + ": the sum must be 0 to " + inputs + ", got " + agreement.getSum());
        require(
                agreement.getAgreeAt() >= 0 && agreement.getAgreeAt() <= 1,
                measure + ": it agrees at 0 to 1, got " + agreement.getAgreeAt());
    }

    private static void requireCount(String what, long count) {
        require(count >= 0 && count <= MAX_COUNT, what + " must be 0 to 2^40, got " + count);
    }

    private static void requireAmount(String what, double amount) {
        require(Double.isFinite(amount) && amount >= 0, what + " must be finite and not negative, got " + amount);
    }

    private static void requireText(String what, String text) {
        require(
                text.length() <= MAX_TEXT_CHARACTERS && text.indexOf('\0') < 0,
                what + " must have at most 200 characters and no NUL");
    }

    private static void require(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(rule);
        }
    }
}
