package io.tinyfleet.server.rollout.engine;

import io.tinyfleet.protocol.AttemptId;

/**
 * What a device last said about an attempt.
 *
 * @param verified the artifact was whole on the device when it said so; tells a failed trial from a failed download when
 *     the server missed the steps between
 */
public record AttemptReport(AttemptId attempt, ReportedPhase phase, Cause cause, boolean verified) {}
