package io.tinyfleet.e2e.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tinyfleet.e2e.process.FleetApi;
import io.tinyfleet.protocol.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The second half of {@code ./bench delta}: one published int8 model in two versions, and how many bytes it takes to get
 * from one to the other with tools that others use and with td1. Each td1 run is a Java process of its own, so that its
 * figures hold what its compilers cost.
 *
 * <p>Arguments: the jar with the old version, the jar with the new one, a folder to work in.
 */
public final class DeltaBench {
    private static final long TOOL_MINUTES = 15;

    /** Each a JVM that has just started; the median of an odd number of runs is given. */
    private static final int APPLY_RUNS = 5;

    private final Path folder;
    private final Path base;
    private final Path target;

    private DeltaBench(Path folder) {
        this.folder = folder;
        this.base = folder.resolve("base.onnx");
        this.target = folder.resolve("target.onnx");
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path folder = Files.createDirectories(Path.of(arguments[2]));
        DeltaBench bench = new DeltaBench(folder);
        unpack(Path.of(arguments[0]), bench.base);
        unpack(Path.of(arguments[1]), bench.target);
        System.out.println(bench.run());
    }

    private ObjectNode run() throws IOException, InterruptedException {
        ObjectNode result = FleetApi.object();
        result.put("raw", Files.size(target));
        result.put("fullZstd", toolBytes("full.zst", "zstd", "-19", "-q", "-f", "-o", "full.zst", "target.onnx"));
        result.put("xdelta3", toolBytes("x", "xdelta3", "-9", "-e", "-f", "-s", "base.onnx", "target.onnx", "x"));
        result.put("bsdiff", toolBytes("bs", "bsdiff", "base.onnx", "target.onnx", "bs"));
        say("td1 makes its patch");
        ObjectNode made = java(List.of("-XX:+UseSerialGC", "-Xmx256m"), "make", "");
        result.put("td1", made.get("bytes").asLong());
        result.set("td1MakeCpuSeconds", made.get("cpuSeconds"));
        say("td1 applies it");
        String known = Digest.of(Files.readAllBytes(base)).hex();
        List<ObjectNode> usual = new ArrayList<>();
        List<ObjectNode> asAgent = new ArrayList<>();
        for (int run = 0; run < APPLY_RUNS; run++) {
            usual.add(java(List.of("-XX:+UseSerialGC", "-Xmx64m"), "apply", known));
            asAgent.add(java(List.of("-XX:+UseSerialGC", "-Xmx16m", "-XX:TieredStopAtLevel=1"), "apply", known));
        }
        result.put("td1ApplyCpuSeconds", median(usual, "cpuSeconds"));
        result.put("td1ApplyPeakMb", median(usual, "peakMb"));
        result.put("td1ApplyCpuSecondsWithAgentFlags", median(asAgent, "cpuSeconds"));
        result.put("td1ApplyPeakMbWithAgentFlags", median(asAgent, "peakMb"));
        result.put("applyRuns", APPLY_RUNS);
        if (Files.mismatch(target, folder.resolve("made.onnx")) >= 0) {
            throw new IllegalStateException("td1 made another file than the target");
        }
        return result;
    }

    private static double median(List<ObjectNode> runs, String figure) {
        double[] sorted = runs.stream()
                .mapToDouble(run -> run.get(figure).asDouble())
                .sorted()
                .toArray();
        return sorted[sorted.length / 2];
    }

    private long toolBytes(String output, String... command) throws IOException, InterruptedException {
        say(String.join(" ", command));
        run(new ProcessBuilder(command));
        return Files.size(folder.resolve(output));
    }

    private ObjectNode java(List<String> flags, String what, String known) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), DeltaRun.class.getName(), what, known));
        Path output = folder.resolve(what + ".json");
        run(new ProcessBuilder(command).redirectOutput(output.toFile()));
        return (ObjectNode) FleetApi.parse(Files.readString(output));
    }

    private void run(ProcessBuilder command) throws IOException, InterruptedException {
        Process process = command.directory(folder.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (!process.waitFor(TOOL_MINUTES, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new IllegalStateException(command.command() + " took more than " + TOOL_MINUTES + " minutes");
        }
        if (process.exitValue() != 0) {
            throw new IllegalStateException(command.command() + " ended with " + process.exitValue());
        }
    }

    private static void unpack(Path jar, Path to) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            ZipEntry model = zip.stream()
                    .filter(entry -> entry.getName().endsWith(".onnx"))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("no .onnx file in " + jar));
            try (InputStream in = zip.getInputStream(model)) {
                Files.copy(in, to, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private static void say(String what) {
        System.err.println("  " + what);
    }
}
