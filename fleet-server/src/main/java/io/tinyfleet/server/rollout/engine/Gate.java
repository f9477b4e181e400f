package io.tinyfleet.server.rollout.engine;

/**
 * A rule over evidence. The unit of evidence is the device, never the inference.
 *
 * <p>A gate that cannot read its evidence throws; the engine then pauses the rollout.
 */
public interface Gate {

    GateName name();

    /** What people call it. */
    String title();

    /** The limit in one sentence, as the console shows it beside the gate. */
    String limitSentence(RolloutPlan plan, int firstWaveSize);

    Assessment assess(GateInput input);

    /** What a FAIL does. */
    default Response response() {
        return Response.AS_PLANNED;
    }

    enum Response {
        /** What the plan's onFail says. */
        AS_PLANNED,
        /** Pause whatever the plan says: the model is not to blame. */
        PAUSE
    }
}
