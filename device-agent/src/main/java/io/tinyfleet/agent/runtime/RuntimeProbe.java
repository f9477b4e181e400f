package io.tinyfleet.agent.runtime;

import io.tinyfleet.agent.board.Board;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.protocol.v1.Runtime;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Loads each runtime in a process that is thrown away, without a model: what a worker would meet. */
public final class RuntimeProbe {
    private static final String PROBE_CLASS = "io.tinyfleet.agent.runtime.worker.LoadRuntime";
    private static final long PATIENCE_SECONDS = 120;
    private static final int MAX_OUTPUT_BYTES = 16 * 1024;

    private final Path home;
    private final List<String> javaCommand;
    private final InferenceRuntimes runtimes;

    /** Uses the libraries under {@code home/native}, and unpacks those that are missing. */
    public RuntimeProbe(Path home, List<String> javaCommand) {
        this.home = home;
        this.javaCommand = List.copyOf(javaCommand);
        this.runtimes = InferenceRuntimes.find(home, Board.ofThisMachine());
    }

    /**
     * What came of it.
     *
     * @param told the library's own version, or why it did not load
     */
    public record Answer(boolean loads, String told) {}

    /** What this installation carries for this machine. */
    public List<Runtime> carried() {
        return runtimes.reported();
    }

    public Answer load(Runtime runtime) throws IOException {
        ModelFormat format = runtime.getName().equals(InferenceRuntimes.TFLITE) ? ModelFormat.TFLITE : ModelFormat.ONNX;
        Path temporary = Files.createTempDirectory("tinyfleet-probe-");
        try {
            List<String> command = new ArrayList<>(javaCommand);
            command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx24m", "-Xshare:auto"));
            command.add("-XX:ErrorFile=" + temporary.resolve("crash"));
            command.addAll(runtimes.workerFlags(format, temporary));
            command.addAll(List.of("-cp", ProcessModelHost.absoluteClassPath(), PROBE_CLASS, runtime.getName()));
            return run(command, temporary);
        } finally {
            RunFolder.deleteTree(temporary);
        }
    }

    private Answer run(List<String> command, Path folder) throws IOException {
        Path output = folder.resolve("output");
        Process process = new ProcessBuilder(command)
                .directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return new Answer(false, "it did not load within " + PATIENCE_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            return new Answer(false, "interrupted");
        }
        byte[] bytes = Files.readAllBytes(output);
        String text = new String(bytes, 0, Math.min(bytes.length, MAX_OUTPUT_BYTES), StandardCharsets.UTF_8).strip();
        String last = text.substring(text.lastIndexOf('\n') + 1);
        return process.exitValue() == 0
                ? new Answer(true, last)
                : new Answer(false, "its process ended with " + process.exitValue() + ": " + last);
    }
}
