package io.tinyfleet.agent.runtime;

import java.time.Duration;
import java.util.List;

/**
 * How workers are run.
 *
 * @param javaCommand the command and leading arguments: an emulator may stand before it
 * @param heapMegabytes of the Java heap; the model lives outside of it
 * @param maxFrameBytes the largest message between agent and worker, both ways
 * @param heartbeat how often a worker that is not asked anything must show that it is alive
 */
public record WorkerSettings(List<String> javaCommand, int heapMegabytes, int maxFrameBytes, Duration heartbeat) {

    public static final WorkerSettings DEFAULT = new WorkerSettings(
            List.of(System.getProperty("java.home") + "/bin/java"), 24, 2 * 1024 * 1024, Duration.ofSeconds(10));

    /** Two frame buffers, and the tensors bound to inputs and outputs, each at most a frame; and what ORT asks for. */
    private static final int DIRECT_BUFFERS_OF_A_FRAME = 6;

    public WorkerSettings {
        javaCommand = List.copyOf(javaCommand);
        if (javaCommand.isEmpty()) {
            throw new IllegalArgumentException("the java command of workers must not be empty");
        }
        if (heapMegabytes < 8 || heapMegabytes > 1024) {
            throw new IllegalArgumentException("the heap of a worker must be 8 to 1024 MB, got " + heapMegabytes);
        }
        if (maxFrameBytes < 64 * 1024 || maxFrameBytes > 64 * 1024 * 1024) {
            throw new IllegalArgumentException("the largest frame must be 64 KiB to 64 MiB, got " + maxFrameBytes);
        }
        if (heartbeat.toMillis() < 50) {
            throw new IllegalArgumentException("the heartbeat must be at least 50 ms, got " + heartbeat);
        }
    }

    public WorkerSettings withJavaCommand(List<String> command) {
        return new WorkerSettings(command, heapMegabytes, maxFrameBytes, heartbeat);
    }

    int directBytes() {
        return DIRECT_BUFFERS_OF_A_FRAME * maxFrameBytes;
    }
}
