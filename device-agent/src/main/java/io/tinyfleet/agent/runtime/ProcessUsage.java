package io.tinyfleet.agent.runtime;

import io.tinyfleet.agent.board.SysRoot;
import java.time.Duration;
import java.util.Optional;

/** Reads what a process has used from /proc (proc(5)). */
final class ProcessUsage {

    /** Linux shows times in units of 1/100 s to user space on every architecture we run on (USER_HZ). */
    private static final long MILLIS_PER_TICK = 10;

    private static final int FIELDS_AFTER_COMMAND_TO_UTIME = 11;

    private final SysRoot system;
    private final long pid;

    ProcessUsage(SysRoot system, long pid) {
        this.system = system;
        this.pid = pid;
    }

    /** Empty once the process is gone. */
    Optional<WorkerStats> read() {
        Optional<Duration> cpu = system.findText("proc/" + pid + "/stat").flatMap(ProcessUsage::parseCpu);
        Optional<String> status = system.findText("proc/" + pid + "/status");
        if (cpu.isEmpty() || status.isEmpty()) {
            return Optional.empty();
        }
        long rss = parseKilobytes(status.get(), "VmRSS:");
        long peak = parseKilobytes(status.get(), "VmHWM:");
        return Optional.of(new WorkerStats(cpu.get(), rss, peak));
    }

    /** Resident memory now; 0 once the process is gone. */
    long rssBytes() {
        return system.findText("proc/" + pid + "/status")
                .map(status -> parseKilobytes(status, "VmRSS:"))
                .orElse(0L);
    }

    /** The command in parentheses may hold spaces and parentheses itself: fields are counted from the last one. */
    static Optional<Duration> parseCpu(String stat) {
        int end = stat.lastIndexOf(')');
        if (end < 0) {
            return Optional.empty();
        }
        String[] fields = stat.substring(end + 1).strip().split(" ", -1);
        if (fields.length <= FIELDS_AFTER_COMMAND_TO_UTIME + 1) {
            return Optional.empty();
        }
        try {
            long user = Long.parseLong(fields[FIELDS_AFTER_COMMAND_TO_UTIME]);
            long kernel = Long.parseLong(fields[FIELDS_AFTER_COMMAND_TO_UTIME + 1]);
            return Optional.of(Duration.ofMillis((user + kernel) * MILLIS_PER_TICK));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Zero if the line is missing: a zombie has no memory. */
    static long parseKilobytes(String status, String key) {
        for (String line : status.split("\n", -1)) {
            if (line.startsWith(key)) {
                String digits = line.substring(key.length()).replace("kB", "").strip();
                return digits.chars().allMatch(Character::isDigit) && !digits.isEmpty() && digits.length() < 16
                        ? Long.parseLong(digits) * 1024
                        : 0;
            }
        }
        return 0;
    }
}
