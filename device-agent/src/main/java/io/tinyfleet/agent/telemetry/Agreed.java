package io.tinyfleet.agent.telemetry;

import io.tinyfleet.protocol.v1.AgreementMeasure;

/**
 * How far two answers to one input agree by one measure.
 *
 * @param agreement 0 (nothing in common) to 1
 * @param agreeAt from which on the input counts as one that both answer alike
 */
public record Agreed(AgreementMeasure measure, double agreement, double agreeAt) {

    public Agreed {
        if (!(agreement >= 0 && agreement <= 1)) {
            throw new IllegalArgumentException(measure + " is 0 to 1, got " + agreement);
        }
    }
}
