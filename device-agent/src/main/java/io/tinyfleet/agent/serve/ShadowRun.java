package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.agent.runtime.InferenceException;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.agent.telemetry.Agreed;
import io.tinyfleet.agent.telemetry.ShadowSubject;
import io.tinyfleet.protocol.v1.Pipeline;
import io.tinyfleet.protocol.v1.Variant;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One run of a shadow: a bounded queue of inputs that were answered already, and one thread that has the second model
 * answer them too. Whoever serves the slot never waits for it. It remembers its stream in a pipeline of its own.
 */
final class ShadowRun implements AutoCloseable {

    /** Inputs that wait. */
    static final int PLACES = 16;

    /** What waits takes no more than this; the inputs of a slot's requests and source together. */
    static final long MAX_WAITING_BYTES = 4L << 20;

    /** Inputs after which it is looked whether the shadow keeps up. */
    static final int KEEPS_UP_OF = 200;

    /** At more than so many dropped of them it does not. */
    static final int TOO_MANY_DROPPED = 180;

    /** Failed inferences, at more than half of all, that end a shadow. */
    static final int ENOUGH_FAILURES = 20;

    private static final EventLog LOG = EventLog.of("shadow");
    private static final int STACK_BYTES = 256 * 1024;
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final double NANOS_PER_MILLI = 1e6;

    private final ShadowModel shadow;
    private final ShadowSubject subject;
    private final Pacer pacer;
    private final @Nullable GivenSource given;
    private final Optional<ResultReader> reader;
    private final int memory;
    private final Thread thread;

    // ---- guarded by this

    private final Deque<Seen> waiting = new ArrayDeque<>();
    private final Sampling inputs;
    private final Sampling requests;
    private long waitingBytes;
    private boolean gap = true;
    private int looked;
    private int dropped;
    private long compared;
    private boolean closed;
    private ShadowHealth.@Nullable End end;

    // ---- the thread's own

    private @Nullable Activation beside;
    private @Nullable SlotPipeline pipeline;
    private int warmUpLeft;
    private long answered;
    private long failed;

    /** An input with the active model's answer: from the slot's source, or from an application. */
    private sealed interface Seen {
        Activation activation();

        long bytes();
    }

    private record SeenInput(Activation activation, SourceTap.Given given, SlotPipeline.Result result, boolean afterGap)
            implements Seen {
        @Override
        public long bytes() {
            return given.bytes();
        }
    }

    private record SeenRequest(Activation activation, List<Tensor> inputs, List<Tensor> answer) implements Seen {
        @Override
        public long bytes() {
            return inputs.stream().mapToLong(Tensor::bytes).sum()
                    + answer.stream().mapToLong(Tensor::bytes).sum();
        }
    }

    /** @throws IllegalArgumentException if the source cannot feed the shadow */
    private ShadowRun(String slot, ShadowModel shadow, @Nullable Source source, Pacer pacer) {
        Variant variant = shadow.installed().variant();
        this.shadow = shadow;
        this.pacer = pacer;
        this.subject = new ShadowSubject(shadow.installed().artifact(), shadow.attempt(), shadow.model()::stats);
        this.given = source == null ? null : new GivenSource(source);
        this.reader = DeclaredPipeline.findReader(variant);
        this.memory =
                given == null ? 0 : DeclaredPipeline.of(variant, given.source()).memory();
        this.inputs = new Sampling(shadow.share());
        this.requests = new Sampling(shadow.share());
        this.thread = new Thread(null, this::run, "shadow-" + slot, STACK_BYTES);
        thread.setDaemon(true);
    }

    /** Takes over the model. */
    static ShadowRun start(String slot, ShadowModel shadow, @Nullable Source source, Pacer pacer) {
        ShadowRun run = new ShadowRun(slot, shadow, source, pacer);
        run.thread.start();
        return run;
    }

    synchronized ShadowHealth health() {
        return new ShadowHealth(shadow.attempt(), compared, Optional.ofNullable(end));
    }

    // ---- for whoever serves the slot

    /** Whether the source's next input is of the share. */
    synchronized boolean samples() {
        boolean takes = end == null && inputs.takes(memory);
        gap |= !takes;
        return takes;
    }

    synchronized boolean hasRoom() {
        return waiting.size() < PLACES && waitingBytes < MAX_WAITING_BYTES;
    }

    /** The active model has answered an input of the share. */
    void seen(Activation activation, SourceTap.Given input, SlotPipeline.Result result) {
        boolean kept;
        synchronized (this) {
            kept = add(new SeenInput(activation, input, result, gap));
            gap = !kept;
        }
        if (!kept) {
            activation.recording().shadowDropped(subject);
        }
    }

    /** An input of the share, for which there was no room. */
    void drop(Activation activation) {
        synchronized (this) {
            gap = true;
            look(true);
        }
        activation.recording().shadowDropped(subject);
    }

    /** An input of the share that the active model has not answered either. */
    synchronized void missed() {
        gap = true;
    }

    /** An application was answered. Its tensors are copied if they are of the share. */
    void asked(Activation activation, List<Tensor> tensors, List<Tensor> answer) {
        synchronized (this) {
            if (end != null || closed || !requests.takes(0)) {
                return;
            }
        }
        boolean kept = false;
        if (hasRoom()) {
            SeenRequest request = new SeenRequest(
                    activation, tensors.stream().map(Tensor::copy).toList(), answer);
            synchronized (this) {
                kept = add(request);
            }
        } else {
            synchronized (this) {
                look(true);
            }
        }
        if (!kept) {
            activation.recording().shadowDropped(subject);
        }
    }

    private boolean add(Seen input) {
        // One that is larger than all that may wait is taken when nothing waits.
        boolean room = end == null
                && !closed
                && waiting.size() < PLACES
                && (waiting.isEmpty() || waitingBytes + input.bytes() <= MAX_WAITING_BYTES);
        look(!room);
        if (room) {
            waiting.add(input);
            waitingBytes += input.bytes();
            notifyAll();
        }
        return room;
    }

    private void look(boolean wasDropped) {
        looked++;
        dropped += wasDropped ? 1 : 0;
        if (looked == KEEPS_UP_OF) {
            if (dropped > TOO_MANY_DROPPED) {
                end(
                        "too-slow",
                        dropped + " of the last " + KEEPS_UP_OF + " inputs came before it was done with others");
            }
            looked = 0;
            dropped = 0;
        }
    }

    /** Takes no more inputs. The worker is ended by whoever asks for health. */
    private synchronized void end(String code, String sentence) {
        if (end == null && !closed) {
            end = new ShadowHealth.End(code, sentence);
            waiting.clear();
            waitingBytes = 0;
            LOG.warn("shadow-ended", "attempt", shadow.attempt(), "code", code, "reason", sentence);
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            waiting.clear();
            notifyAll();
        }
        shadow.model().close();
    }

    // ---- its thread

    private void run() {
        try {
            for (Seen input = next(); input != null; input = next()) {
                answer(input);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.error("shadow-broke", e, "attempt", shadow.attempt());
            end("shadow-broke", "an error in the agent: " + e);
        }
    }

    private synchronized @Nullable Seen next() throws InterruptedException {
        while (!closed && waiting.isEmpty()) {
            wait();
        }
        Seen input = waiting.poll();
        if (closed || input == null) {
            return null;
        }
        waitingBytes -= input.bytes();
        return input;
    }

    private void answer(Seen input) {
        try {
            if (input instanceof SeenInput seen) {
                answerInput(seen);
            } else if (input instanceof SeenRequest request) {
                answerRequest(request);
            }
        } catch (InferenceException e) {
            fail(input.activation(), e.reason().toString(), String.valueOf(e.getMessage()));
            if (!e.reason().workerGoesOn()) {
                end(e.reason().toString(), String.valueOf(e.getMessage()));
            }
        } catch (SlotPipeline.AnswerException e) {
            fail(input.activation(), e.code(), String.valueOf(e.getMessage()));
        } catch (SourceStalledException e) {
            // Rows that a new pipeline gathers before its first inference.
            warmUpLeft = Math.max(0, warmUpLeft - 1);
            input.activation().recording().warmedUp(subject);
        } catch (IOException e) {
            end("input-differs", String.valueOf(e.getMessage()));
        }
    }

    private void answerInput(SeenInput input) throws IOException, InferenceException, SlotPipeline.AnswerException {
        GivenSource replay = given;
        if (replay == null) {
            throw new IllegalStateException("a slot without a source has no inputs of its own");
        }
        SlotPipeline own = pipelineFor(input, replay);
        replay.give(input.given());
        List<Tensor> tensors = own.next();
        long start = pacer.nanos();
        List<Tensor> answer = shadow.model().infer(tensors, DEADLINE);
        double millis = (pacer.nanos() - start) / NANOS_PER_MILLI;
        SlotPipeline.Result result = own.accept(answer);
        answered++;
        if (warmUpLeft > 0) {
            warmUpLeft--;
            input.activation().recording().warmedUp(subject);
            return;
        }
        try {
            compared(input.activation(), millis, Agreements.of(input.result(), result));
        } catch (Agreements.NotComparableException e) {
            notComparable(input.activation(), millis, e);
        }
    }

    /** After a gap what it remembered is worth nothing. */
    private SlotPipeline pipelineFor(SeenInput input, GivenSource replay) throws IOException {
        Variant variant = shadow.installed().variant();
        if (beside != input.activation()) {
            beside = input.activation();
            requireSameInput(input.activation().active().installed().variant().getPipeline(), variant.getPipeline());
            pipeline = null;
        }
        SlotPipeline current = pipeline;
        if (current == null || input.afterGap() && memory > 0) {
            replay.clear();
            current = DeclaredPipeline.of(variant, replay.source());
            pipeline = current;
            warmUpLeft = memory;
        }
        return current;
    }

    /** One input of the one must be one input of the other, or the answers speak of different things. */
    private static void requireSameInput(Pipeline active, Pipeline shadow) throws SourceException {
        if (active.hasRows()
                && shadow.hasRows()
                && active.getRows().getNewRows() != shadow.getRows().getNewRows()) {
            throw new SourceException(
                    "one model takes " + active.getRows().getNewRows() + " new rows at a time, the other "
                            + shadow.getRows().getNewRows() + ": there is nothing to compare");
        }
    }

    private void answerRequest(SeenRequest request) throws InferenceException, SlotPipeline.AnswerException {
        long start = pacer.nanos();
        List<Tensor> answer = shadow.model().infer(request.inputs(), DEADLINE);
        double millis = (pacer.nanos() - start) / NANOS_PER_MILLI;
        answered++;
        try {
            compared(request.activation(), millis, agreement(request, answer));
        } catch (Agreements.NotComparableException e) {
            notComparable(request.activation(), millis, e);
        }
    }

    private List<Agreed> agreement(SeenRequest request, List<Tensor> answer)
            throws SlotPipeline.AnswerException, Agreements.NotComparableException {
        Optional<ResultReader> activeReader = DeclaredPipeline.findReader(
                request.activation().active().installed().variant());
        if (activeReader.isEmpty() || reader.isEmpty()) {
            return Agreements.ofTensors(request.answer(), answer);
        }
        SlotPipeline.Result active;
        try {
            active = activeReader.get().read(request.answer());
        } catch (SlotPipeline.AnswerException e) {
            throw new Agreements.NotComparableException("the active model's answer: " + e.getMessage());
        }
        return Agreements.of(active, reader.get().read(answer));
    }

    private void compared(Activation activation, double millis, List<Agreed> measures) {
        synchronized (this) {
            compared++;
        }
        activation.recording().compared(subject, millis, measures);
    }

    private void notComparable(Activation activation, double millis, Agreements.NotComparableException why) {
        LOG.debug("not-comparable", "attempt", shadow.attempt(), "reason", String.valueOf(why.getMessage()));
        activation.recording().notComparable(subject, millis);
    }

    private void fail(Activation activation, String code, String sentence) {
        failed++;
        LOG.debug("shadow-inference-failed", "attempt", shadow.attempt(), "reason", sentence);
        activation.recording().shadowFailed(subject, code);
        if (failed >= ENOUGH_FAILURES && failed > answered) {
            end("inferences-failed", failed + " of " + (failed + answered) + " failed, the last one: " + sentence);
        }
    }
}
