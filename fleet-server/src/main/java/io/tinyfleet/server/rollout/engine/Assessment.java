package io.tinyfleet.server.rollout.engine;

/**
 * A gate's answer.
 *
 * @param holdsWave an INSUFFICIENT of this gate keeps the wave from advancing; false for a gate that is not in charge
 *     yet. A FAIL always counts
 */
public record Assessment(Verdict verdict, Evidence evidence, String sentence, boolean holdsWave) {}
