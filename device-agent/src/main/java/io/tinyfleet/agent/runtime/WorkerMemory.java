package io.tinyfleet.agent.runtime;

import io.tinyfleet.protocol.v1.Variant;

/**
 * Memory of one model's worker, in resident bytes.
 *
 * @param expectedBytes what it will take, to decide whether it fits beside what runs
 * @param limitBytes what ends it: a model that leaks is stopped before the device is short of memory
 */
public record WorkerMemory(long expectedBytes, long limitBytes) {

    /** A worker with a small model, measured: 57 MB with TFLite, 90 MB with ONNX Runtime, a third of it shared. */
    private static final long WORKER_BYTES = 64L << 20;

    /** Where nothing is said about the model: once as a file, once as tensors, and once for what it works on. */
    private static final int TIMES_THE_FILE = 3;

    /** The limit is for leaks, not for budgets: half as much again, and this, for what swings in a sound worker. */
    private static final long SLACK_BYTES = 64L << 20;

    public static WorkerMemory of(Variant variant) {
        long peak = variant.getCompatibility().getRamPeakBytes();
        long budget = variant.getBudgets().getRamBytes();
        long guess = WORKER_BYTES + TIMES_THE_FILE * variant.getTarget().getSize();
        long expected = peak > 0 ? WORKER_BYTES / 2 + peak : budget > 0 ? budget : guess;
        long most = Math.max(Math.max(WORKER_BYTES + peak, budget), guess);
        return new WorkerMemory(expected, most + most / 2 + SLACK_BYTES);
    }
}
