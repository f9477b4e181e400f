package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.reconcile.Installed;
import io.tinyfleet.agent.runtime.RunningModel;
import io.tinyfleet.protocol.AttemptId;

/**
 * A loaded model that is only compared with the one that answers.
 *
 * @param share of live inputs, over 0 to 1
 */
public record ShadowModel(RunningModel model, Installed installed, AttemptId attempt, double share) {

    public ShadowModel {
        if (!(share > 0 && share <= 1)) {
            throw new IllegalArgumentException("a shadow's share is over 0 and at most 1, got " + share);
        }
    }
}
