package io.tinyfleet.agent.runtime;

import java.time.Duration;

/** What a worker process has used since its start. Zero where the system does not say. */
public record WorkerStats(Duration cpu, long rssBytes, long rssPeakBytes) {

    public static final WorkerStats UNKNOWN = new WorkerStats(Duration.ZERO, 0, 0);
}
