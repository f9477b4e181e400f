package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.RunningModel;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Variant;

/** A loaded model and on whose behalf it answers. */
public record ActiveModel(RunningModel model, Variant variant, Digest artifact, AttemptId attempt, Phase phase) {}
