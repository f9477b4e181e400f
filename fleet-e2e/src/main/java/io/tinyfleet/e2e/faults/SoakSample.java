package io.tinyfleet.e2e.faults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tinyfleet.e2e.process.LoggedProcess;
import io.tinyfleet.e2e.process.Memory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What an agent holds, after a full collection of its heap.
 *
 * @param pssMb of the agent without its workers; it falls and rises with the other Java processes of the machine
 * @param anonymousMb of that, what is the agent's alone
 * @param codeMb of that, what the compiler has made of methods that run often: it comes to an end with the methods, at
 *     16 MB by a flag
 * @param heapKb what lives in it
 * @param children workers
 * @param files under its home but for its log, which has a limit of its own
 */
record SoakSample(
        double pssMb,
        double anonymousMb,
        double codeMb,
        long heapKb,
        long threads,
        long fds,
        long children,
        long files) {

    /** Without compiled code; malloc's free lists and the heap's room still settle. A leak of 20 KB a round shows. */
    private static final double ANONYMOUS_SLACK_MB = 2;

    /** What is read once, at the first of something: half of it was seen to come late in a day. */
    private static final long HEAP_SLACK_KB = 1024;

    /** A timer's or a trial's thread, or a file being written, at one of the two moments. */
    private static final long COUNT_SLACK = 2;

    private static final Pattern USED = Pattern.compile("tenured generation\\s+total \\d+K, used (\\d+)K");

    static SoakSample of(long pid, Path home) throws IOException {
        jcmd(pid, "GC.run");
        Matcher used = USED.matcher(jcmd(pid, "GC.heap_info"));
        if (!used.find()) {
            throw new IOException("the agent's heap is not as expected: it should be the serial collector's");
        }
        Path process = Path.of("/proc", Long.toString(pid));
        return new SoakSample(
                rounded(Memory.pssMegabytes(pid)),
                rounded(Memory.anonymousMegabytes(pid)),
                rounded(Memory.codeMegabytes(pid)),
                Long.parseLong(used.group(1)),
                entries(process.resolve("task")),
                entries(process.resolve("fd")),
                ProcessHandle.of(pid).stream()
                        .flatMap(ProcessHandle::descendants)
                        .count(),
                files(home));
    }

    private static double rounded(double value) {
        return Math.round(value * 10) / 10.0;
    }

    private static long entries(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.count();
        }
    }

    private static long files(Path home) throws IOException {
        try (Stream<Path> all = Files.walk(home)) {
            return all.filter(file -> !file.startsWith(home.resolve("log"))).count();
        }
    }

    private static String jcmd(long pid, String command) throws IOException {
        Path jcmd = Path.of(LoggedProcess.javaCommand()).resolveSibling("jcmd");
        Process process = new ProcessBuilder(jcmd.toString(), Long.toString(pid), command)
                .redirectErrorStream(true)
                .start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    boolean hasGrownSince(SoakSample before) {
        return anonymousMb - codeMb > before.anonymousMb - before.codeMb + ANONYMOUS_SLACK_MB
                || heapKb > before.heapKb + HEAP_SLACK_KB
                || threads > before.threads + COUNT_SLACK
                || fds > before.fds + COUNT_SLACK
                || children > before.children
                || files > before.files + COUNT_SLACK;
    }

    /** Writes the figures under names that end in {@code when}. */
    void into(ObjectNode result, String when) {
        result.put("pss" + when + "Mb", pssMb);
        result.put("anonymous" + when + "Mb", anonymousMb);
        result.put("code" + when + "Mb", codeMb);
        result.put("heap" + when + "Kb", heapKb);
        result.put("threads" + when, threads);
        result.put("fds" + when, fds);
        result.put("children" + when, children);
        result.put("homeFiles" + when, files);
    }
}
