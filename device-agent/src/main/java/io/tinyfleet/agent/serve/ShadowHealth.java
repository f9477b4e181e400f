package io.tinyfleet.agent.serve;

import io.tinyfleet.protocol.AttemptId;
import java.util.Optional;

/**
 * How a shadow has done since it began.
 *
 * @param compared inputs whose two answers were held against each other
 * @param end why it takes no more inputs; empty while it does
 */
public record ShadowHealth(AttemptId attempt, long compared, Optional<End> end) {

    /** A stable code and a sentence for people. */
    public record End(String code, String sentence) {}
}
