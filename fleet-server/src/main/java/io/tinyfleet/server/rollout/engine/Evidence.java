package io.tinyfleet.server.rollout.engine;

/** What a verdict rests on: stored with every decision and drawn as it is. */
public sealed interface Evidence {

    /** @param n devices with a value */
    record LikelihoodRatio(double llr, double acceptAt, double rejectAt, int n) implements Evidence {}

    /** @param limit what the bounds are held against */
    record Interval(double lower, double upper, double limit, int n) implements Evidence {}

    /** @param needed values wanted for a PASS */
    record Count(int good, int bad, int pending, int needed) implements Evidence {}
}
