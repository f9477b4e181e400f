package io.tinyfleet.server.rollout.engine;

import java.math.BigDecimal;
import java.math.MathContext;

/** A share written for people: 0.008 is "0.8 %". */
final class Percent {
    private Percent() {}

    static String of(double share) {
        return new BigDecimal(share * 100)
                        .round(new MathContext(3))
                        .stripTrailingZeros()
                        .toPlainString()
                + " %";
    }
}
