package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.agent.reconcile.Installed;
import io.tinyfleet.agent.reconcile.SlotInput;
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

/**
 * One slot: the active model, applications that ask it, and, if the slot has a source, one thread that takes input after
 * input, has the model answer and hands results to the sinks. A source in trouble leaves the applications alone.
 */
public final class ServedSlot implements SlotServer {

    private static final EventLog LOG = EventLog.of("serve");
    private static final int STACK_BYTES = 256 * 1024;
    private static final Duration INFERENCE_DEADLINE = Duration.ofSeconds(5);
    private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(10);
    private static final double NANOS_PER_MILLI = 1e6;

    /** Nothing was thrown away for so long: the flood is over. */
    private static final long FLOOD_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** A slot that fell behind more than this does not catch up: it goes on from now. */
    private static final long MAX_LAG_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final SlotName slot;
    private final @Nullable Source source;
    private final @Nullable SourceTap tap;
    private final Pace pace;
    private final Pacer pacer;
    private final WindowRecorder recorder;
    private final List<Sink> sinks;
    private final ActiveReference<Activation> active = new ActiveReference<>();
    private final Thread thread;

    /** Guarded by this; the activation that health tells of, also after its worker is gone. */
    private @Nullable Activation newest;

    /** Sees what the active model has answered; swapped under this. */
    private volatile @Nullable ShadowRun shadow;

    private volatile @Nullable String workerTrouble;
    private volatile @Nullable String stalled;
    private volatile @Nullable String sourceFailure;
    private volatile boolean closed;
    private volatile boolean flooded;
    private volatile long droppedAtNanos;
    private long dueNanos;
    private long droppedSeen;
    private long unusableSeen;
    private long sequence;

    private ServedSlot(SlotName slot, Feed feed, Pacer pacer, WindowRecorder recorder) {
        this.slot = slot;
        this.source = feed.source();
        this.tap = source == null ? null : new SourceTap(source);
        this.pace = source != null && source.live() ? Pace.FAST : feed.pace();
        this.sinks = feed.sinks();
        this.pacer = pacer;
        this.recorder = recorder;
        this.thread = new Thread(null, this::run, "slot-" + slot.value(), STACK_BYTES);
        thread.setDaemon(true);
    }

    /**
     * What goes into a slot by itself and where results go.
     *
     * @param source null: only applications ask
     * @param pace of recorded input
     */
    public record Feed(@Nullable Source source, Pace pace, List<Sink> sinks) {

        /** A slot that only applications use. */
        public static final Feed NONE = new Feed(null, Pace.FAST, List.of());
    }

    /** Takes over source and sinks. */
    public static ServedSlot start(SlotName slot, Feed feed, Pacer pacer, WindowRecorder recorder) {
        ServedSlot server = new ServedSlot(slot, feed, pacer, recorder);
        if (server.source != null) {
            server.thread.start();
        }
        return server;
    }

    @Override
    public Optional<String> findMisfit(Variant variant) {
        return source == null ? Optional.empty() : DeclaredPipeline.findMisfit(variant, source);
    }

    @Override
    public synchronized void activate(ActiveModel next) {
        if (closed) {
            next.model().close();
            throw new IllegalStateException("slot '" + slot.value() + "' is closed");
        }
        Activation activation = prepare(next);
        newest = activation;
        workerTrouble = null;
        active.swap(activation);
        LockSupport.unpark(thread);
    }

    private Activation prepare(ActiveModel next) {
        try {
            Installed installed = next.installed();
            SlotPipeline pipeline = tap == null ? null : DeclaredPipeline.of(installed.variant(), tap.source());
            double threshold = pipeline == null ? 0 : pipeline.threshold();
            WindowSubject subject =
                    new WindowSubject(installed.artifact(), installed.attempt(), next.phase(), threshold);
            return new Activation(next, pipeline, recorder.begin(subject, next.model()::stats));
        } catch (IllegalArgumentException e) {
            next.model().close();
            throw e;
        }
    }

    @Override
    public synchronized void deactivate() {
        newest = null;
        workerTrouble = null;
        active.swap(null);
    }

    @Override
    public synchronized void beginShadow(ShadowModel next) {
        endShadow();
        if (closed) {
            next.model().close();
            throw new IllegalStateException("slot '" + slot.value() + "' is closed");
        }
        try {
            shadow = ShadowRun.start(slot.value(), next, source, pacer);
        } catch (IllegalArgumentException e) {
            next.model().close();
            throw e;
        }
    }

    @Override
    public synchronized void endShadow() {
        ShadowRun run = shadow;
        shadow = null;
        if (run != null) {
            run.close();
        }
    }

    @Override
    public Optional<ShadowHealth> findShadowHealth() {
        return Optional.ofNullable(shadow).map(ShadowRun::health);
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
        Activation activation = newest;
        String trouble = workerTrouble;
        if (activation == null) {
            return new SlotHealth(
                    SlotHealth.State.EMPTY, 0, 0, OptionalDouble.empty(), Optional.ofNullable(sourceTrouble()));
        }
        SlotHealth.State state = SlotHealth.State.SERVING;
        if (trouble != null) {
            state = SlotHealth.State.WORKER_GONE;
        } else if (sourceFailure != null) {
            state = SlotHealth.State.SOURCE_FAILED;
        } else if (stalled != null) {
            state = SlotHealth.State.SOURCE_STALLED;
        }
        return new SlotHealth(
                state,
                activation.ok(),
                activation.failures(),
                activation.p95Millis(),
                Optional.ofNullable(trouble == null ? sourceTrouble() : trouble));
    }

    @Override
    public Optional<SlotInput> input() {
        if (source == null) {
            return Optional.empty();
        }
        String failure = sourceFailure;
        String silence = stalled;
        if (failure != null) {
            return Optional.of(new SlotInput(SlotInput.State.DEAD, failure, Duration.ZERO));
        }
        if (silence != null) {
            return Optional.of(new SlotInput(SlotInput.State.STALLED, silence, Duration.ZERO));
        }
        if (flooded && pacer.nanos() - droppedAtNanos < FLOOD_NANOS) {
            return Optional.of(new SlotInput(
                    SlotInput.State.FLOODING,
                    "more comes than the model answers in time: the oldest is thrown away",
                    Duration.ZERO));
        }
        return Optional.of(new SlotInput(SlotInput.State.FLOWING, "", Duration.ZERO));
    }

    private @Nullable String sourceTrouble() {
        return sourceFailure == null ? stalled : sourceFailure;
    }

    @Override
    public void close() {
        closed = true;
        endShadow();
        deactivate();
        LockSupport.unpark(thread);
        try {
            // Ends a read under way, so the thread sees the flag.
            if (source != null && source.live()) {
                source.close();
            }
            thread.join(CLOSE_DEADLINE.toMillis());
            if (source != null) {
                source.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.warn("source-not-closed", "slot", slot.value(), "reason", String.valueOf(e.getMessage()));
        }
        sinks.forEach(Sink::close);
    }

    // ---- applications

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
                ShadowRun run = shadow;
                if (run != null) {
                    run.asked(activation, inputs, answer);
                }
                return answer;
            } catch (InferenceException e) {
                fail(activation, e);
                throw e;
            }
        }

        @Override
        public void close() {
            lease.close();
        }
    }

    // ---- the slot's own input

    private void run() {
        try {
            serve();
        } catch (RuntimeException e) {
            sourceFailure = "an error in the agent: " + e;
            LOG.error("slot-stopped", e, "slot", slot.value());
        }
    }

    private void serve() {
        dueNanos = pacer.nanos();
        while (!closed && sourceFailure == null) {
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
                    serveInput(lease.value());
                }
            }
        }
    }

    private void serveInput(Activation activation) {
        SlotPipeline pipeline = activation.pipeline();
        SourceTap listener = tap;
        if (pipeline == null || listener == null) {
            throw new IllegalStateException("a slot with a source prepares a pipeline for each model");
        }
        ShadowRun run = shadow;
        ShadowRun sampling = run != null && run.samples() ? run : null;
        listener.listen(sampling != null && sampling.hasRoom());
        SlotPipeline.Result result = answerInput(activation, pipeline);
        if (sampling != null) {
            show(sampling, activation, listener, result);
        }
        countDropped(activation);
    }

    /** The slot's shadow sees what has been answered and handed on already. */
    private static void show(
            ShadowRun run, Activation activation, SourceTap listener, SlotPipeline.@Nullable Result result) {
        if (result == null) {
            run.missed();
            return;
        }
        Optional<SourceTap.Given> given = listener.take();
        if (given.isPresent()) {
            run.seen(activation, given.get(), result);
        } else {
            run.drop(activation);
        }
    }

    /** The next input with its answer, counted and handed on; null if there is none. */
    private SlotPipeline.@Nullable Result answerInput(Activation activation, SlotPipeline pipeline) {
        try {
            List<Tensor> inputs = pipeline.next();
            flowing();
            long start = pacer.nanos();
            double waitMillis = waitMillis(start, pipeline.frameNanos());
            List<Tensor> answer = activation.active().model().infer(inputs, INFERENCE_DEADLINE);
            double millis = (pacer.nanos() - start) / NANOS_PER_MILLI;
            SlotPipeline.Result result = pipeline.accept(answer);
            activation.answered(millis, waitMillis, result.score());
            hand(activation, result);
            return result;
        } catch (SlotPipeline.AnswerException e) {
            LOG.debug("answer-unusable", "slot", slot.value(), "reason", String.valueOf(e.getMessage()));
            activation.failed(e.code());
        } catch (InferenceException e) {
            fail(activation, e);
        } catch (SourceStalledException e) {
            stall(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            if (!closed) {
                sourceFailure = String.valueOf(e.getMessage());
                LOG.warn("source-failed", "slot", slot.value(), "reason", String.valueOf(e.getMessage()));
            }
        }
        return null;
    }

    private void hand(Activation activation, SlotPipeline.Result result) {
        if (sinks.isEmpty()) {
            return;
        }
        String line = ResultLine.of(
                slot, recorder.source(), ++sequence, activation.active().installed(), result);
        for (Sink sink : sinks) {
            sink.accept(line);
        }
    }

    private void flowing() {
        if (stalled != null) {
            stalled = null;
            LOG.info("source-flows-again", "slot", slot.value());
        }
    }

    /** Said once; the reason that is shown stays the newest. */
    private void stall(String reason) {
        if (stalled == null && !closed) {
            LOG.warn("source-stalled", "slot", slot.value(), "reason", reason);
        }
        stalled = reason;
    }

    private void countDropped(Activation activation) {
        long unusable = source == null ? 0 : source.unusable();
        if (unusable > unusableSeen) {
            activation.dropped(unusable - unusableSeen);
            unusableSeen = unusable;
        }
        long dropped = source == null ? 0 : source.dropped();
        if (dropped > droppedSeen) {
            if (droppedSeen == 0) {
                LOG.warn("source-floods", "slot", slot.value(), "dropped", dropped);
            }
            activation.dropped(dropped - droppedSeen);
            droppedAtNanos = pacer.nanos();
            flooded = true;
            droppedSeen = dropped;
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

    private void fail(Activation activation, InferenceException reason) {
        activation.failed(reason.reason().toString());
        if (!reason.reason().workerGoesOn()) {
            lose(activation, reason);
        }
    }

    /** Only if it is still the active one: a model that was swapped out may end as it likes. */
    private synchronized void lose(Activation activation, InferenceException reason) {
        if (active.clear(activation)) {
            workerTrouble = reason.getMessage();
            LOG.warn(
                    "worker-lost",
                    "slot",
                    slot.value(),
                    "artifact",
                    activation.active().installed().artifact().shortHex(),
                    "reason",
                    String.valueOf(reason.getMessage()));
        }
    }
}
