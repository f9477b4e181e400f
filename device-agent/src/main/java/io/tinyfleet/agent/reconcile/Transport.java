package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.v1.BlobLink;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a blob comes right now, and what has been tried. Immutable; forgotten when the agent stops.
 *
 * @param window chunks on their way at once in own mode: grows while they come, halves with silence
 * @param sharedSpent shared mode was left for good in this download
 * @param badElsewhere wrong chunks that came to all or by a link; they never fail a download
 * @param linkFailures fetches under a link that failed
 * @param link what the server gave
 * @param reportedAt uptime of the last report of progress
 * @param reportedBytes what it said
 */
record Transport(
        Way way,
        int window,
        boolean sharedSpent,
        int badElsewhere,
        int linkFailures,
        @Nullable BlobLink link,
        Duration reportedAt,
        long reportedBytes) {
    /** Chunks on their way at once when a download begins in own mode. */
    static final int FIRST_WINDOW = 4;

    /** Failures after which links are left alone in this download. */
    static final int MAX_LINK_FAILURES = 3;

    static Transport begin(Duration now) {
        return new Transport(Way.OWN, FIRST_WINDOW, false, 0, 0, null, now, 0);
    }

    Transport by(Way next) {
        return new Transport(next, window, sharedSpent, badElsewhere, linkFailures, link, reportedAt, reportedBytes);
    }

    Transport under(BlobLink given) {
        return new Transport(
                Way.LINK, window, sharedSpent, badElsewhere, linkFailures, given, reportedAt, reportedBytes);
    }

    /** Back to own mode; shared mode is not tried again. */
    Transport leaveShared() {
        return new Transport(Way.OWN, window, true, badElsewhere, linkFailures, link, reportedAt, reportedBytes);
    }

    Transport leaveLinks() {
        return new Transport(
                Way.OWN, window, sharedSpent, badElsewhere, MAX_LINK_FAILURES, null, reportedAt, reportedBytes);
    }

    Transport linkWorked() {
        return new Transport(way, window, sharedSpent, badElsewhere, 0, link, reportedAt, reportedBytes);
    }

    Transport linkFailed() {
        return new Transport(way, window, sharedSpent, badElsewhere, linkFailures + 1, link, reportedAt, reportedBytes);
    }

    boolean mayLink() {
        return linkFailures < MAX_LINK_FAILURES;
    }

    Transport badOne() {
        return new Transport(way, window, sharedSpent, badElsewhere + 1, linkFailures, link, reportedAt, reportedBytes);
    }

    Transport grow() {
        return window(Math.min(Limits.MAX_NEED_WINDOW, window + 1));
    }

    Transport halve() {
        return window(Math.max(1, window / 2));
    }

    private Transport window(int next) {
        return new Transport(way, next, sharedSpent, badElsewhere, linkFailures, link, reportedAt, reportedBytes);
    }

    Transport reported(Duration now, long bytes) {
        return new Transport(way, window, sharedSpent, badElsewhere, linkFailures, link, now, bytes);
    }
}
