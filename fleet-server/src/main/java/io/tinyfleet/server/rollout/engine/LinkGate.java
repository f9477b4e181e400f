package io.tinyfleet.server.rollout.engine;

import io.tinyfleet.server.rollout.engine.GateInput.Opinion;
import java.util.List;
import java.util.Locale;

/**
 * Failures and silence before the artifact was verified: an absolute limit. It pauses, and blames the link and not the
 * model. The limit is a tenth of the devices offered, and at least three (or the whole first wave when that is smaller).
 */
public final class LinkGate implements Gate {

    private static final int LEAST = 3;
    private static final double SHARE = 0.10;

    @Override
    public GateName name() {
        return GateName.LINK;
    }

    @Override
    public String title() {
        return "Link";
    }

    @Override
    public String limitSentence(RolloutPlan plan, int firstWaveSize) {
        int failures = Math.min(LEAST, firstWaveSize);
        return String.format(
                Locale.ROOT,
                "pauses at %d failed %s, or a tenth of the devices offered if that is more",
                failures,
                failures == 1 ? "download" : "downloads");
    }

    @Override
    public Assessment assess(GateInput input) {
        List<Opinion> offered = input.opinions();
        int bad = 0;
        int good = 0;
        int pending = 0;
        for (Opinion opinion : offered) {
            bad += opinion.value() == Value.LINK ? 1 : 0;
            good += opinion.value() == Value.HEALTHY || opinion.value() == Value.FAILED ? 1 : 0;
            pending += opinion.value() == Value.OPEN ? 1 : 0;
        }
        int limit =
                Math.max((int) Math.ceil(offered.size() * SHARE), Math.min(LEAST, Math.max(1, input.firstWaveSize())));
        Evidence evidence = new Evidence.Count(good, bad, pending, offered.size());
        if (bad >= limit) {
            return new Assessment(
                    Verdict.FAIL,
                    evidence,
                    bad + " of " + offered.size()
                            + " devices did not get the model onto the device: the link is to blame, not the model",
                    true);
        }
        return new Assessment(Verdict.PASS, evidence, bad + " failed downloads, the limit is " + limit, false);
    }

    @Override
    public Response response() {
        return Response.PAUSE;
    }
}
