package io.tinyfleet.agent.runtime;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One verdict on one model in one throw-away worker. */
final class Trial {

    private final WorkerProcess worker;
    private final ModelFile model;
    private final @Nullable SelfTestFile vectors;
    private final TrialLimits limits;

    Trial(WorkerProcess worker, ModelFile model, @Nullable SelfTestFile vectors, TrialLimits limits) {
        this.worker = worker;
        this.model = model;
        this.vectors = vectors;
        this.limits = limits;
    }

    TrialReport run() {
        try {
            long loadNanos =
                    ProcessModelHost.Loaded.in(worker, model, limits.load()).nanos();
            long medianNanos = vectors == null ? 0 : selfTest(vectors);
            return judge(loadNanos, medianNanos, worker.stats().rssPeakBytes());
        } catch (WorkerException e) {
            return new TrialReport.Failed(e.code(), String.valueOf(e.getMessage()));
        }
    }

    private TrialReport judge(long loadNanos, long medianNanos, long rssBytes) {
        if (limits.rssBytes().isPresent() && rssBytes > limits.rssBytes().getAsLong()) {
            return failed(
                    TrialReport.Code.OVER_RAM_BUDGET,
                    "the worker took %.1f MB, the budget is %.1f MB",
                    rssBytes / 1e6,
                    limits.rssBytes().getAsLong() / 1e6);
        }
        double medianMillis = medianNanos / 1e6;
        if (limits.p95Millis().isPresent() && medianMillis > limits.p95Millis().getAsDouble()) {
            return failed(
                    TrialReport.Code.OVER_LATENCY_BUDGET,
                    "half of the calls took over %.3f ms, the budget for 95 of 100 is %.3f ms",
                    medianMillis,
                    limits.p95Millis().getAsDouble());
        }
        return new TrialReport.Passed(loadNanos / 1_000_000, medianNanos / 1_000, rssBytes);
    }

    private static TrialReport failed(TrialReport.Code code, String format, Object... values) {
        return new TrialReport.Failed(code, String.format(Locale.ROOT, format, values));
    }

    private long selfTest(SelfTestFile file) throws WorkerException {
        String path = file.path().toAbsolutePath().toString();
        try {
            return worker.call(
                    Op.SELFTEST,
                    Payloads.textBytes(path) + 2L * Double.BYTES,
                    payload -> {
                        Payloads.putText(payload, path);
                        payload.putDouble(file.absoluteTolerance()).putDouble(file.relativeTolerance());
                    },
                    java.nio.ByteBuffer::getLong,
                    limits.selfTest());
        } catch (WorkerProcess.RefusedByWorkerException e) {
            throw new WorkerException(codeOf(e.refusal), String.valueOf(e.getMessage()));
        } catch (FrameTooLargeException e) {
            throw new WorkerException(TrialReport.Code.SELF_TEST_UNREADABLE, String.valueOf(e.getMessage()));
        } catch (WorkerProcess.GoneException e) {
            throw ProcessModelHost.Loaded.gone(worker, e, "during the self-test");
        }
    }

    private static TrialReport.Code codeOf(Refusal refusal) {
        return switch (refusal) {
            case SELF_TEST_UNREADABLE -> TrialReport.Code.SELF_TEST_UNREADABLE;
            case SELF_TEST_TIMEOUT -> TrialReport.Code.WORKER_TIMEOUT;
            case SELF_TEST_FAILED, LOAD_FAILED, BAD_INPUT, MODEL_ERROR, TOO_LARGE, NOT_LOADED ->
                TrialReport.Code.SELF_TEST_FAILED;
        };
    }
}
