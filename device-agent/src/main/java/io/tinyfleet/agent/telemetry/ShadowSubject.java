package io.tinyfleet.agent.telemetry;

import io.tinyfleet.agent.runtime.WorkerStats;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import java.time.Duration;
import java.util.function.Supplier;

/** One run of a shadow, whose figures go into the windows of the models that it stands beside. Guarded by recordings. */
public final class ShadowSubject {

    private final Digest artifact;
    private final AttemptId attempt;
    private final Supplier<WorkerStats> worker;
    private Duration counted;

    /** What it has used up to now, as for loading its model, is left out. */
    public ShadowSubject(Digest artifact, AttemptId attempt, Supplier<WorkerStats> worker) {
        this.artifact = artifact;
        this.attempt = attempt;
        this.worker = worker;
        this.counted = worker.get().cpu();
    }

    Digest artifact() {
        return artifact;
    }

    AttemptId attempt() {
        return attempt;
    }

    long rssPeakBytes() {
        return worker.get().rssPeakBytes();
    }

    /** CPU time since the last call. */
    synchronized Duration takeCpu() {
        Duration now = worker.get().cpu();
        Duration more = now.minus(counted);
        counted = more.isNegative() ? counted : now;
        return more.isNegative() ? Duration.ZERO : more;
    }
}
