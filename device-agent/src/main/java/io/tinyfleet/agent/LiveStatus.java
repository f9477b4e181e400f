package io.tinyfleet.agent;

import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.install.Disk;
import io.tinyfleet.agent.reconcile.AgentState;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * The agent at one moment, for people on the device. A new one is made after each turn of the loop.
 *
 * @param process nobody's when the agent does not run: then the rest is what the disk holds
 * @param waiting messages that the server has not stored yet
 * @param sources what feeds each slot, by the slot's name
 */
record LiveStatus(
        Device device,
        Running process,
        LinkStatus link,
        int waiting,
        boolean clockSynchronised,
        long diskFreeBytes,
        AgentState state,
        Map<String, String> sources) {

    /** 0 when the disk does not say. */
    static long freeBytes(Disk disk, AgentHome home) {
        try {
            return disk.freeBytes(home.root());
        } catch (IOException e) {
            return 0;
        }
    }

    record Device(String id, String kind, String hardwareClass) {}

    /** @param pid 0 when the agent does not run */
    record Running(long pid, String version, Duration uptime) {
        static final Running NOT = new Running(0, "", Duration.ZERO);

        boolean isRunning() {
            return pid != 0;
        }
    }

    /**
     * The way to the broker.
     *
     * @param since of this connection, or of the loss of the last one
     * @param lastError why the last connection ended or did not come about; empty when none has failed
     */
    record LinkStatus(String url, boolean connected, long connection, Instant since, String lastError) {
        static LinkStatus never(String url) {
            return new LinkStatus(url, false, 0, Instant.EPOCH, "");
        }

        LinkStatus up(long number, Instant now) {
            return new LinkStatus(url, true, number, now, lastError);
        }

        LinkStatus down(String why, Instant now) {
            return new LinkStatus(url, false, connection, connected ? now : since, why);
        }
    }
}
