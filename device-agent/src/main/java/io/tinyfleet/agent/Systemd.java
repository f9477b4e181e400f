package io.tinyfleet.agent;

import io.tinyfleet.agent.log.EventLog;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Speaks to systemd by its own program {@code systemd-notify}, because Java 17 has no Unix datagram socket and one
 * native call would bring a library into the agent. It is a child, so the unit needs {@code NotifyAccess=all}; a call
 * costs some milliseconds every third of the watchdog's time (sd_notify(3), sd_watchdog_enabled(3)).
 */
final class Systemd implements Supervisor {
    private static final EventLog LOG = EventLog.of("systemd");
    private static final long PATIENCE_SECONDS = 5;
    private static final int CALLS_A_WATCHDOG_TIME = 3;

    private final String program;
    private final Optional<Duration> interval;

    private Systemd(String program, Optional<Duration> interval) {
        this.program = program;
        this.interval = interval;
    }

    /** By what systemd puts into the environment of what it starts. */
    static Supervisor find(Map<String, String> environment) {
        if (environment.getOrDefault("NOTIFY_SOCKET", "").isEmpty()) {
            return NOBODY;
        }
        return new Systemd(
                environment.getOrDefault("TINYFLEET_SYSTEMD_NOTIFY", "systemd-notify"),
                watchdog(environment, ProcessHandle.current().pid()));
    }

    private static Optional<Duration> watchdog(Map<String, String> environment, long ownPid) {
        String micros = environment.getOrDefault("WATCHDOG_USEC", "");
        String meant = environment.getOrDefault("WATCHDOG_PID", "");
        boolean forUs = meant.isEmpty() || meant.equals(Long.toString(ownPid));
        if (!forUs || !micros.matches("[1-9][0-9]{0,14}")) {
            return Optional.empty();
        }
        return Optional.of(Duration.ofNanos(Long.parseLong(micros) * 1000 / CALLS_A_WATCHDOG_TIME));
    }

    @Override
    public void ready() {
        tell("READY=1", "STATUS=started");
    }

    @Override
    public void alive() {
        tell("WATCHDOG=1");
    }

    @Override
    public void stopping() {
        tell("STOPPING=1");
    }

    @Override
    public Optional<Duration> interval() {
        return interval;
    }

    private void tell(String... states) {
        try {
            ProcessBuilder builder = new ProcessBuilder(program, "--no-block");
            builder.command().addAll(List.of(states));
            Process process = builder.redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                LOG.warn("not-told", "states", List.of(states), "reason", program + " did not end");
            } else if (process.exitValue() != 0) {
                LOG.warn("not-told", "states", List.of(states), "status", process.exitValue());
            }
        } catch (IOException e) {
            LOG.warn("not-told", "states", List.of(states), "reason", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
