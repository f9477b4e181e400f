package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.reconcile.Installed;
import io.tinyfleet.agent.runtime.RunningModel;
import io.tinyfleet.protocol.v1.Phase;

/** A loaded model and on whose behalf it answers. */
public record ActiveModel(RunningModel model, Installed installed, Phase phase) {}
