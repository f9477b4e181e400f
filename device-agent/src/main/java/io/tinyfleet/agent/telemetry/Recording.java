package io.tinyfleet.agent.telemetry;

import io.tinyfleet.agent.runtime.WorkerStats;
import io.tinyfleet.protocol.v1.Phase;
import java.util.List;
import java.util.function.Supplier;

/**
 * The windows of one activation of one model, one after the other: a window closes after its interval and when the
 * phase changes. A window without inferences is dropped. Thread-safe.
 */
public final class Recording implements AutoCloseable {

    private final WindowRecorder recorder;
    private final Supplier<WorkerStats> worker;
    private OpenWindow open;
    private boolean closed;

    Recording(WindowRecorder recorder, WindowSubject subject, Supplier<WorkerStats> worker) {
        this.recorder = recorder;
        this.worker = worker;
        this.open = new OpenWindow(subject, worker, recorder.surroundings());
    }

    public synchronized void phase(Phase next) {
        if (open.subject().phase() != next) {
            turnOver(open.subject().withPhase(next));
        }
    }

    /** An answered inference; a wait under zero says that there was no queue. */
    public synchronized void answered(double latencyMillis, double waitMillis, double score) {
        open.answered(latencyMillis, waitMillis, score);
        turnOverIfDue();
    }

    /** An answered inference without a queue and without a score: an application asked for it. */
    public synchronized void answered(double latencyMillis) {
        open.answered(latencyMillis);
        turnOverIfDue();
    }

    /** So many frames of the source were thrown away because nobody took them in time. */
    public synchronized void dropped(long frames) {
        open.dropped(frames);
        turnOverIfDue();
    }

    public synchronized void failed(String code) {
        open.failed(code);
        turnOverIfDue();
    }

    /** A shadow has answered an input of this model too, and the two answers were compared. */
    public synchronized void compared(ShadowSubject shadow, double latencyMillis, List<Agreed> measures) {
        tally(shadow).compared(latencyMillis, measures);
        turnOverIfDue();
    }

    /** A shadow has answered an input with another kind of answer. */
    public synchronized void notComparable(ShadowSubject shadow, double latencyMillis) {
        tally(shadow).notComparable(latencyMillis);
        turnOverIfDue();
    }

    /** A shadow took an input only to remember it. */
    public synchronized void warmedUp(ShadowSubject shadow) {
        tally(shadow).warmUp();
        turnOverIfDue();
    }

    /** A shadow had no time for an input. */
    public synchronized void shadowDropped(ShadowSubject shadow) {
        tally(shadow).dropped();
        turnOverIfDue();
    }

    public synchronized void shadowFailed(ShadowSubject shadow, String code) {
        tally(shadow).failed(code);
        turnOverIfDue();
    }

    private ShadowTally tally(ShadowSubject shadow) {
        if (!open.hasRoomFor(shadow)) {
            turnOver(open.subject());
        }
        return open.shadow(shadow);
    }

    /** Hands over the last window. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            recorder.handOver(open);
        }
    }

    private void turnOverIfDue() {
        if (open.age().compareTo(recorder.interval()) >= 0) {
            turnOver(open.subject());
        }
    }

    private void turnOver(WindowSubject next) {
        if (!closed) {
            recorder.handOver(open);
            open = new OpenWindow(next, worker, recorder.surroundings());
        }
    }
}
