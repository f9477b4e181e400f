package io.tinyfleet.agent.clock;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Whether somebody keeps the wall clock right. A clock nobody keeps is never used to judge expiry. */
@FunctionalInterface
public interface ClockTrust {

    boolean synchronised();

    /**
     * Linux: systemd-timesyncd touches a file once it has the time; chrony and ntpd leave theirs while they run. None
     * of them there means nobody says so, which counts as not synchronised.
     */
    static ClockTrust ofLinux(Path root) {
        List<Path> signs = List.of(
                root.resolve("run/systemd/timesync/synchronized"),
                root.resolve("run/chrony/chronyd.pid"),
                root.resolve("run/ntpd.pid"));
        return () -> signs.stream().anyMatch(Files::exists);
    }
}
