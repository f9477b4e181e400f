package io.tinyfleet.server.rollout.engine;

import io.tinyfleet.server.rollout.engine.GateInput.Opinion;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The share of devices on which the new artifact fails, tested by {@link Sprt} in <b>offer order</b>.
 *
 * <p>Failures report in seconds and successes after the health window. Counting in the order of arrival stops good models,
 * so: FAIL holds as soon as any prefix of the offer order crosses with pending devices counted healthy; PASS reads the
 * whole sequence with pending devices counted failed and offline ones left out until they report. It is one test from the
 * first offer to the end, not one a wave.
 */
public final class InstallGate implements Gate {

    /** One point of the line that the console draws. */
    public record Point(int order, double llr) {}

    @Override
    public GateName name() {
        return GateName.INSTALL;
    }

    @Override
    public String title() {
        return "Install";
    }

    @Override
    public String limitSentence(RolloutPlan plan, int firstWaveSize) {
        Sprt test = plan.install();
        return String.format(
                Locale.ROOT,
                "%s of devices may fail, stops towards %s (sequential test, wrong stop at most %s)",
                Percent.of(test.p0()),
                Percent.of(test.p1()),
                Percent.of(test.alpha()));
    }

    @Override
    public Assessment assess(GateInput input) {
        Sprt test = input.plan().install();
        Tally seen = new Tally(test);
        Tally worst = new Tally(test);
        Tally best = new Tally(test);
        for (Opinion opinion : input.firstAttempts()) {
            switch (opinion.value()) {
                case HEALTHY -> {
                    seen.healthy();
                    worst.healthy();
                    best.healthy();
                }
                case FAILED -> {
                    seen.failed();
                    worst.failed();
                    best.failed();
                }
                case OPEN -> {
                    best.healthy();
                    if (opinion.presence() != Presence.OFFLINE) {
                        worst.failed();
                    }
                }
                case LINK, NONE -> {
                    // no value: left out of the sequence
                }
            }
            if (best.llr >= test.rejectAt()) {
                return fail(test, best);
            }
        }
        boolean inCharge = input.firstAttempts().size() >= test.shortestPass();
        if (seen.n() > 0 && worst.llr <= test.acceptAt()) {
            return new Assessment(
                    Verdict.PASS,
                    new Evidence.LikelihoodRatio(seen.llr, test.acceptAt(), test.rejectAt(), seen.n()),
                    String.format(Locale.ROOT, "%d of %d devices failed: within the limit", seen.bad, seen.n()),
                    inCharge);
        }
        return new Assessment(
                Verdict.INSUFFICIENT,
                new Evidence.LikelihoodRatio(seen.llr, test.acceptAt(), test.rejectAt(), seen.n()),
                inCharge
                        ? String.format(
                                Locale.ROOT,
                                "%d of %d devices failed: neither good enough nor bad enough to tell yet",
                                seen.bad,
                                seen.n())
                        : String.format(
                                Locale.ROOT,
                                "%d of the %d devices that this test needs at least: the canary rule decides until then",
                                seen.n(),
                                test.shortestPass()),
                inCharge);
    }

    /** The likelihood ratio after each device that has a value, in offer order. */
    public static List<Point> path(Sprt test, List<Opinion> opinions) {
        Tally seen = new Tally(test);
        List<Point> points = new ArrayList<>();
        for (Opinion opinion : opinions) {
            if (!opinion.retry() && (opinion.value() == Value.HEALTHY || opinion.value() == Value.FAILED)) {
                if (opinion.value() == Value.HEALTHY) {
                    seen.healthy();
                } else {
                    seen.failed();
                }
                points.add(new Point(opinion.order(), seen.llr));
            }
        }
        return points;
    }

    private static Assessment fail(Sprt test, Tally crossed) {
        return new Assessment(
                Verdict.FAIL,
                new Evidence.LikelihoodRatio(crossed.llr, test.acceptAt(), test.rejectAt(), crossed.n()),
                String.format(
                        Locale.ROOT,
                        "The install gate stopped the rollout: %d of the first %d devices failed, the limit is %s",
                        crossed.bad,
                        crossed.n(),
                        Percent.of(test.p0())),
                true);
    }

    private static final class Tally {
        private final Sprt test;
        private int good;
        private int bad;
        private double llr;

        Tally(Sprt test) {
            this.test = test;
        }

        void healthy() {
            good++;
            llr = test.llr(bad, good);
        }

        void failed() {
            bad++;
            llr = test.llr(bad, good);
        }

        int n() {
            return good + bad;
        }
    }
}
