package io.tinyfleet.e2e.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What a process occupies, as Linux tells it (proc(5)). */
public final class Memory {

    private static final double KIB_IN_MB = 1024.0 / 1_000_000;

    private Memory() {}

    /** Resident set of one process in MB (10^6 bytes). */
    public static double rssMegabytes(long pid) throws IOException {
        return line(Path.of("/proc", Long.toString(pid), "status"), "VmRSS:") * KIB_IN_MB;
    }

    /** Largest resident set that one process has had in MB. */
    public static double peakRssMegabytes(long pid) throws IOException {
        return line(Path.of("/proc", Long.toString(pid), "status"), "VmHWM:") * KIB_IN_MB;
    }

    /** Proportional set of one process in MB: shared pages are divided among those that map them. */
    public static double pssMegabytes(long pid) throws IOException {
        return line(Path.of("/proc", Long.toString(pid), "smaps_rollup"), "Pss:") * KIB_IN_MB;
    }

    /** Memory of one process in MB that no other one can share and no file holds. */
    public static double anonymousMegabytes(long pid) throws IOException {
        return line(Path.of("/proc", Long.toString(pid), "smaps_rollup"), "Anonymous:") * KIB_IN_MB;
    }

    /** The part of it that is writable and executable: what a Java virtual machine has compiled. */
    public static double codeMegabytes(long pid) throws IOException {
        long kib = 0;
        boolean code = false;
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "smaps"))) {
            if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                code = line.contains(" rwxp ");
            } else if (code && line.startsWith("Pss:")) {
                kib += Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return kib * KIB_IN_MB;
    }

    private static long line(Path file, String key) throws IOException {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(key))
                    .map(line -> line.replaceAll("\\D", ""))
                    .mapToLong(Long::parseLong)
                    .findFirst()
                    .orElseThrow(() -> new IOException(file + " has no line " + key));
        }
    }
}
