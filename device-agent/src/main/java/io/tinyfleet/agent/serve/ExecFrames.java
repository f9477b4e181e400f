package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.log.EventLog;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Frames from a process's standard output: {@code arecord}, {@code rpicam-vid}, a sensor's script. A process that ends is
 * started again, after a pause that doubles from one second to a minute while it keeps ending early.
 */
public final class ExecFrames implements Closeable {

    private static final EventLog LOG = EventLog.of("serve");
    private static final int STACK_BYTES = 256 * 1024;
    private static final int MAX_LINE_BYTES = 64 * 1024;
    private static final int BUFFER_BYTES = 16 * 1024;

    /** A process that ran so long had no trouble to start. */
    private static final long SETTLED_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final List<String> command;
    private final FrameFormat format;
    private final FrameQueue queue;
    private final Duration firstPause;
    private final Duration longestPause;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread thread;
    private volatile @Nullable Process process;
    private volatile boolean closed;

    private ExecFrames(
            List<String> command, FrameFormat format, FrameQueue queue, Duration firstPause, Duration longestPause) {
        this.command = command;
        this.format = format;
        this.queue = queue;
        this.firstPause = firstPause;
        this.longestPause = longestPause;
        this.thread = new Thread(null, this::run, "exec-source", STACK_BYTES);
        thread.setDaemon(true);
    }

    public static ExecFrames start(List<String> command, FrameFormat format, FrameQueue queue) {
        return start(command, format, queue, Duration.ofSeconds(1), Duration.ofSeconds(60));
    }

    static ExecFrames start(
            List<String> command, FrameFormat format, FrameQueue queue, Duration firstPause, Duration longestPause) {
        ExecFrames frames = new ExecFrames(command, format, queue, firstPause, longestPause);
        frames.thread.start();
        return frames;
    }

    private void run() {
        Duration pause = firstPause;
        while (!closed) {
            long start = System.nanoTime();
            String end = runOnce();
            if (System.nanoTime() - start > SETTLED_NANOS) {
                pause = firstPause;
            }
            if (closed) {
                return;
            }
            String reason = end + "; it is started again in " + Math.max(1, pause.toSeconds()) + " s";
            LOG.warn("source-process-ended", "command", command.get(0), "reason", reason);
            queue.trouble(reason);
            rest(pause);
            pause = pause.multipliedBy(2).compareTo(longestPause) > 0 ? longestPause : pause.multipliedBy(2);
        }
    }

    private void rest(Duration pause) {
        try {
            boolean over = ended.await(pause.toMillis(), TimeUnit.MILLISECONDS);
            LOG.debug("rested", "closed", over);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closed = true;
        }
    }

    /** Returns how it ended. */
    private String runOnce() {
        try {
            Process started = new ProcessBuilder(command)
                    .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process = started;
            if (closed) {
                end(started);
            }
            try (InputStream out = new BufferedInputStream(started.getInputStream(), BUFFER_BYTES)) {
                read(out);
            }
            return "the process '" + command.get(0) + "' ended with status " + started.waitFor();
        } catch (IOException e) {
            return "the process '" + command.get(0) + "': " + e.getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    private void read(InputStream out) throws IOException {
        int frameBytes = format.frameBytes();
        while (!closed) {
            byte[] frame = frameBytes == 0 ? line(out) : out.readNBytes(frameBytes);
            if (frame.length == 0 || frame.length < frameBytes && format.kind() != FrameFormat.Kind.PCM16) {
                return;
            }
            queue.put(frame);
        }
    }

    /** The next line that is not blank; empty at the end. */
    private static byte[] line(InputStream out) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(80);
        for (int b = out.read(); b >= 0; b = out.read()) {
            if (b != '\n') {
                line.write(b);
            } else if (!line.toString(StandardCharsets.UTF_8).isBlank()) {
                break;
            }
            if (line.size() > MAX_LINE_BYTES) {
                throw new IOException("it wrote a line of over " + MAX_LINE_BYTES + " bytes");
            }
        }
        return line.toByteArray();
    }

    private static void end(Process running) {
        running.descendants().forEach(ProcessHandle::destroyForcibly);
        running.destroyForcibly();
    }

    @Override
    public void close() {
        closed = true;
        ended.countDown();
        Process running = process;
        if (running != null) {
            end(running);
        }
    }
}
