package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.agent.runtime.InferenceException;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.agent.telemetry.WindowRecorder;
import io.tinyfleet.agent.telemetry.WindowSubject;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Variant;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** One thread that takes frame after frame from an audio source and has the active model score it. */
public final class AudioSlotServer implements SlotServer {

    private static final EventLog LOG = EventLog.of("serve");
    private static final int STACK_BYTES = 256 * 1024;
    private static final Duration INFERENCE_DEADLINE = Duration.ofSeconds(5);
    private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(10);
    private static final double NANOS_PER_MILLI = 1e6;
    private static final String NOT_A_NUMBER = "score-not-a-number";

    /** A slot that fell behind more than this does not catch up: it goes on from now. */
    private static final long MAX_LAG_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final SlotName slot;
    private final AudioSource source;
    private final Pace pace;
    private final Pacer pacer;
    private final WindowRecorder recorder;
    private final ActiveReference<Activation> active = new ActiveReference<>();
    private final Thread thread;

    /** Guarded by this; the activation that health tells of, also after its worker is gone. */
    private @Nullable Activation newest;

    private volatile @Nullable String trouble;
    private volatile boolean sourceFailed;
    private volatile boolean closed;
    private long dueNanos;

    private AudioSlotServer(SlotName slot, AudioSource source, Pace pace, Pacer pacer, WindowRecorder recorder) {
        this.slot = slot;
        this.source = source;
        this.pace = pace;
        this.pacer = pacer;
        this.recorder = recorder;
        this.thread = new Thread(null, this::run, "slot-" + slot.value(), STACK_BYTES);
        thread.setDaemon(true);
    }

    /** Takes over the source. */
    public static AudioSlotServer start(
            SlotName slot, AudioSource source, Pace pace, Pacer pacer, WindowRecorder recorder) {
        AudioSlotServer server = new AudioSlotServer(slot, source, pace, pacer, recorder);
        server.thread.start();
        return server;
    }

    @Override
    public Optional<String> findMisfit(Variant variant) {
        return AudioFramesPipeline.findMisfit(variant, source);
    }

    @Override
    public synchronized void activate(ActiveModel next) {
        if (closed) {
            next.model().close();
            throw new IllegalStateException("slot '" + slot.value() + "' is closed");
        }
        Activation activation = prepare(next);
        newest = activation;
        trouble = null;
        active.swap(activation);
        LockSupport.unpark(thread);
    }

    private Activation prepare(ActiveModel next) {
        try {
            AudioFramesPipeline pipeline = AudioFramesPipeline.of(next.variant(), source);
            WindowSubject subject =
                    new WindowSubject(next.artifact(), next.attempt(), next.phase(), pipeline.threshold());
            return new Activation(next, pipeline, recorder.begin(subject, next.model()::stats));
        } catch (IllegalArgumentException e) {
            next.model().close();
            throw e;
        }
    }

    @Override
    public Optional<TakenModel> take(Duration patience) throws InterruptedException {
        return Optional.ofNullable(active.take(patience)).map(Taken::new);
    }

    /** One caller's hold on the active model. */
    private final class Taken implements TakenModel {
        private final ActiveReference.Lease<Activation> lease;

        Taken(ActiveReference.Lease<Activation> lease) {
            this.lease = lease;
        }

        @Override
        public ActiveModel model() {
            return lease.value().active();
        }

        @Override
        public List<Tensor> infer(List<Tensor> inputs, Duration deadline) throws InferenceException {
            Activation activation = lease.value();
            long start = pacer.nanos();
            try {
                List<Tensor> answer = activation.active().model().infer(inputs, deadline);
                activation.answered((pacer.nanos() - start) / NANOS_PER_MILLI);
                return answer;
            } catch (InferenceException e) {
                failed(activation, e);
                throw e;
            }
        }

        @Override
        public void close() {
            lease.close();
        }
    }

    private void failed(Activation activation, InferenceException e) {
        activation.failed(e.reason().toString());
        if (!e.reason().workerGoesOn()) {
            lose(activation, e);
        }
    }

    @Override
    public synchronized void deactivate() {
        newest = null;
        trouble = null;
        active.swap(null);
    }

    @Override
    public synchronized void phase(Phase next) {
        if (newest != null) {
            newest.phase(next);
        }
    }

    @Override
    public void windowInterval(Duration interval) {
        recorder.interval(interval);
    }

    @Override
    public synchronized long inferences() {
        return newest == null ? 0 : newest.ok();
    }

    @Override
    public synchronized SlotHealth health() {
        Optional<String> reason = Optional.ofNullable(trouble);
        Activation activation = newest;
        if (activation == null) {
            return new SlotHealth(SlotHealth.State.EMPTY, 0, 0, OptionalDouble.empty(), reason);
        }
        SlotHealth.State state = SlotHealth.State.SERVING;
        if (sourceFailed) {
            state = SlotHealth.State.SOURCE_FAILED;
        } else if (reason.isPresent()) {
            state = SlotHealth.State.WORKER_GONE;
        }
        return new SlotHealth(state, activation.ok(), activation.failures(), activation.p95Millis(), reason);
    }

    @Override
    public void close() {
        closed = true;
        deactivate();
        LockSupport.unpark(thread);
        try {
            thread.join(CLOSE_DEADLINE.toMillis());
            source.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.warn("source-not-closed", "slot", slot.value(), "reason", String.valueOf(e.getMessage()));
        }
    }

    private void run() {
        try {
            serve();
        } catch (RuntimeException e) {
            trouble = "an error in the agent: " + e;
            sourceFailed = true;
            LOG.error("slot-stopped", e, "slot", slot.value());
        }
    }

    private void serve() {
        dueNanos = pacer.nanos();
        while (!closed && !sourceFailed) {
            if (active.peek() == null) {
                LockSupport.park(this);
                dueNanos = pacer.nanos();
                continue;
            }
            if (pace == Pace.REALTIME && pacer.nanos() - dueNanos < 0) {
                pacer.awaitUntil(dueNanos);
                continue;
            }
            try (ActiveReference.Lease<Activation> lease = active.take()) {
                if (lease != null) {
                    serveFrame(lease.value());
                }
            }
        }
    }

    private void serveFrame(Activation activation) {
        AudioFramesPipeline pipeline = activation.pipeline();
        try {
            List<Tensor> inputs = pipeline.next(source);
            long start = pacer.nanos();
            double waitMillis = waitMillis(start, pipeline.frameNanos());
            List<Tensor> answer = activation.active().model().infer(inputs, INFERENCE_DEADLINE);
            double millis = (pacer.nanos() - start) / NANOS_PER_MILLI;
            double score = pipeline.accept(answer);
            if (Double.isNaN(score)) {
                activation.failed(NOT_A_NUMBER);
                return;
            }
            activation.answered(millis, waitMillis, score);
        } catch (InferenceException e) {
            failed(activation, e);
        } catch (IOException e) {
            trouble = String.valueOf(e.getMessage());
            sourceFailed = true;
            LOG.warn("source-failed", "slot", slot.value(), "reason", String.valueOf(e.getMessage()));
        }
    }

    /** How long the frame has been due; under zero if nothing sets a pace. Moves on to the next frame. */
    private double waitMillis(long now, long frameNanos) {
        if (pace == Pace.FAST) {
            return -1;
        }
        long wait = Math.max(0, now - dueNanos);
        dueNanos = wait > MAX_LAG_NANOS ? now + frameNanos : dueNanos + frameNanos;
        return wait / NANOS_PER_MILLI;
    }

    /** Only if it is still the active one: a model that was swapped out may end as it likes. */
    private synchronized void lose(Activation activation, InferenceException reason) {
        if (active.clear(activation)) {
            trouble = reason.getMessage();
            LOG.warn(
                    "worker-lost",
                    "slot",
                    slot.value(),
                    "artifact",
                    activation.active().artifact().shortHex(),
                    "reason",
                    String.valueOf(reason.getMessage()));
        }
    }
}
