package io.tinyfleet.server.rollout.engine;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.server.rollout.engine.GateInput.Opinion;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The first devices must all be healthy.
 *
 * <p>In charge while fewer devices have been offered than the shortest PASS of the install test. A wave then advances only
 * when every device offered in it has a value and all are HEALTHY; the first failure attributed to the artifact stops the
 * rollout when its first wave has at most ten devices, the second when it has more. What this costs a good model is
 * {@link #risk}; it stands outside the install test's alpha.
 */
public final class CanaryGate implements Gate {

    static final int SMALL_FIRST_WAVE = 10;

    @Override
    public GateName name() {
        return GateName.CANARY;
    }

    @Override
    public String title() {
        return "Canary";
    }

    @Override
    public String limitSentence(RolloutPlan plan, int firstWaveSize) {
        return (failuresThatStop(firstWaveSize) == 1 ? "the first failure stops" : "the second failure stops")
                + ", while fewer than " + plan.install().shortestPass() + " devices were offered";
    }

    @Override
    public Assessment assess(GateInput input) {
        int inChargeBelow = input.plan().install().shortestPass();
        List<Opinion> wave = newestInWave(input);
        Evidence.Count count = count(wave);
        int offered = input.firstAttempts().size();
        if (offered >= inChargeBelow) {
            return new Assessment(
                    Verdict.PASS,
                    count,
                    offered + " devices offered: the install test decides from " + inChargeBelow + " on",
                    false);
        }
        List<Opinion> failed = input.opinions().stream()
                .filter(opinion -> opinion.value() == Value.FAILED)
                .toList();
        if (failed.size() >= failuresThatStop(input.firstWaveSize())) {
            Opinion last = failed.get(failed.size() - 1);
            return new Assessment(Verdict.FAIL, count, "Canary stopped the rollout: " + FailureSentence.of(last), true);
        }
        if (wave.isEmpty() && input.overridden()) {
            return new Assessment(
                    Verdict.PASS, count, "Resumed by a person; nothing was offered in this wave since", true);
        }
        if (!wave.isEmpty() && count.good() == wave.size()) {
            return new Assessment(Verdict.PASS, count, "All " + wave.size() + " devices are healthy", true);
        }
        return new Assessment(
                Verdict.INSUFFICIENT,
                count,
                count.good() + " of " + wave.size() + " offered devices are healthy; all must be",
                true);
    }

    /** A retry takes the place of the attempt before it. */
    private static List<Opinion> newestInWave(GateInput input) {
        Map<DeviceId, Opinion> newest = new LinkedHashMap<>();
        input.opinions().stream()
                .filter(opinion -> opinion.wave() == input.wave())
                .forEach(opinion -> newest.put(opinion.device(), opinion));
        return List.copyOf(newest.values());
    }

    private static Evidence.Count count(List<Opinion> wave) {
        int good = 0;
        int bad = 0;
        int pending = 0;
        for (Opinion opinion : wave) {
            good += opinion.value() == Value.HEALTHY ? 1 : 0;
            bad += opinion.value() == Value.FAILED ? 1 : 0;
            pending += opinion.value() == Value.OPEN ? 1 : 0;
        }
        return new Evidence.Count(good, bad, pending, wave.size());
    }

    private static int failuresThatStop(int firstWaveSize) {
        return firstWaveSize <= SMALL_FIRST_WAVE ? 1 : 2;
    }

    /**
     * Share of rollouts that the canary rule stops when the model fails on this share of devices. A device is judged by
     * the rule when it reports before the shortest PASS of the install test has been offered, so a wave with a large
     * {@code maxInFlight} is judged by it only in its first devices.
     */
    public static double risk(RolloutPlan plan, List<Integer> sizes, double failureShare) {
        int inChargeBelow = plan.install().shortestPass();
        int judged = 0;
        int offeredBefore = 0;
        for (int wave = 0; wave < sizes.size() && offeredBefore < inChargeBelow; wave++) {
            int after = offeredBefore + sizes.get(wave);
            boolean whole = after < inChargeBelow;
            int cap = plan.waves().get(wave).maxInFlight();
            judged += whole ? sizes.get(wave) : Math.max(0, Math.min(after, inChargeBelow - cap) - offeredBefore);
            offeredBefore = after;
        }
        double none = Math.pow(1 - failureShare, judged);
        if (failuresThatStop(sizes.get(0)) == 1) {
            return 1 - none;
        }
        double one = judged == 0 ? 0 : judged * failureShare * Math.pow(1 - failureShare, judged - 1);
        return 1 - none - one;
    }
}
