package io.tinyfleet.agent.runtime.worker;

import io.tinyfleet.agent.runtime.FrameChannel;
import io.tinyfleet.agent.runtime.FrameException;
import io.tinyfleet.agent.runtime.FrameTooLargeException;
import io.tinyfleet.agent.runtime.Op;
import io.tinyfleet.agent.runtime.Payloads;
import io.tinyfleet.agent.runtime.Refusal;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.agent.runtime.WorkerProtocol;
import io.tinyfleet.protocol.v1.ModelFormat;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A process that holds one model and answers its agent over one socket, one request at a time. It lives as long as
 * the agent: the end of standard input, which the agent holds open, ends it even in the middle of an inference.
 */
public final class Worker {

    private static final int WATCHER_STACK_BYTES = 64 * 1024;

    private final FrameChannel channel;
    private final List<InferenceRuntime> runtimes;
    private @Nullable LoadedModel model;
    private long inferences;

    Worker(FrameChannel channel, List<InferenceRuntime> runtimes) {
        this.channel = channel;
        this.runtimes = runtimes;
    }

    /** Arguments: the agent's socket and the largest frame in bytes. */
    public static void main(String[] arguments) throws IOException {
        endWithStandardInput(System.in);
        int maxFrameBytes = Integer.parseInt(arguments[1]);
        SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
        socket.connect(UnixDomainSocketAddress.of(arguments[0]));
        try (FrameChannel channel = FrameChannel.patient(socket, maxFrameBytes)) {
            new Worker(channel, List.of(new OnnxInferenceRuntime(), new TfliteInferenceRuntime())).serve();
        }
    }

    private static void endWithStandardInput(InputStream in) {
        Runnable watch = () -> {
            try {
                in.transferTo(java.io.OutputStream.nullOutputStream());
            } catch (IOException e) {
                // Unreadable is as good as ended: the agent is gone.
            }
            Runtime.getRuntime().halt(WorkerProtocol.STATUS_AGENT_GONE);
        };
        Thread watcher = new Thread(null, watch, "agent-watch", WATCHER_STACK_BYTES);
        watcher.setDaemon(true);
        watcher.start();
    }

    /** Answers until the agent says stop or is gone. */
    void serve() throws IOException {
        greet();
        try {
            while (channel.receive(0)) {
                if (!answer(channel.id(), channel.op(), channel.deadlineMillis())) {
                    return;
                }
            }
        } finally {
            closeModel();
        }
    }

    private void greet() throws IOException {
        try {
            channel.begin(Integer.BYTES).putInt(WorkerProtocol.VERSION);
            channel.send(0, Op.READY, 0, 0);
        } catch (FrameTooLargeException e) {
            throw new IllegalStateException("four bytes fit into any frame", e);
        }
    }

    /** False after the last answer. */
    private boolean answer(long id, Op op, int deadlineMillis) throws IOException {
        ByteBuffer request = channel.payload();
        try {
            switch (op) {
                case LOAD -> load(request);
                case SELFTEST -> selfTest(request, deadlineMillis);
                case INFER -> infer(request);
                case STATS -> channel.begin(Long.BYTES).putLong(inferences);
                case STOP -> channel.begin(0);
                default -> throw new FrameException("a worker is not asked for " + op);
            }
            channel.send(id, Op.OK, 0, 0);
        } catch (RefusedException e) {
            refuse(id, e.refusal(), String.valueOf(e.getMessage()));
        } catch (FrameTooLargeException e) {
            refuse(id, Refusal.TOO_LARGE, String.valueOf(e.getMessage()));
        }
        return op != Op.STOP;
    }

    private void load(ByteBuffer request) throws IOException, RefusedException, FrameTooLargeException {
        ModelFormat format = ModelFormat.forNumber(request.getInt());
        Path path = Path.of(Payloads.getText(request));
        closeModel();
        long start = System.nanoTime();
        LoadedModel loaded = runtimeFor(format).load(path);
        long nanos = System.nanoTime() - start;
        model = loaded;
        long bytes = Long.BYTES + Payloads.specsBytes(loaded.inputs()) + Payloads.specsBytes(loaded.outputs());
        ByteBuffer answer = channel.begin(bytes);
        answer.putLong(nanos);
        Payloads.putSpecs(answer, loaded.inputs());
        Payloads.putSpecs(answer, loaded.outputs());
    }

    private InferenceRuntime runtimeFor(@Nullable ModelFormat format) throws RefusedException {
        if (format != null) {
            for (InferenceRuntime runtime : runtimes) {
                if (runtime.runs(format)) {
                    return runtime;
                }
            }
        }
        throw new RefusedException(Refusal.LOAD_FAILED, "no runtime here runs models of format " + format);
    }

    private void selfTest(ByteBuffer request, int deadlineMillis)
            throws IOException, RefusedException, FrameTooLargeException {
        Path path = Path.of(Payloads.getText(request));
        double absolute = request.getDouble();
        double relative = request.getDouble();
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(deadlineMillis);
        long median = new SelfTestRun(requireModel(), absolute, relative, deadline).run(path);
        channel.begin(Long.BYTES).putLong(median);
    }

    private void infer(ByteBuffer request) throws IOException, RefusedException, FrameTooLargeException {
        List<Tensor> answer = requireModel().infer(Payloads.getTensors(request));
        inferences++;
        Payloads.putTensors(channel.begin(Payloads.tensorsBytes(answer)), answer);
    }

    private void refuse(long id, Refusal refusal, String sentence) throws IOException {
        try {
            ByteBuffer answer = channel.begin(1 + Payloads.textBytes(sentence));
            answer.put((byte) refusal.ordinal());
            Payloads.putText(answer, sentence);
            channel.send(id, Op.REFUSED, 0, 0);
        } catch (FrameTooLargeException e) {
            throw new FrameException("a refusal does not fit into a frame");
        }
    }

    private LoadedModel requireModel() throws RefusedException {
        LoadedModel loaded = model;
        if (loaded == null) {
            throw new RefusedException(Refusal.NOT_LOADED, "no model is loaded");
        }
        return loaded;
    }

    private void closeModel() {
        LoadedModel loaded = model;
        model = null;
        if (loaded != null) {
            loaded.close();
        }
    }
}
