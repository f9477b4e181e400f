package io.tinyfleet.server.device;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Whether a device is there, and since when. {@code (boot, connection)} orders what is heard: an old will or a late
 * heartbeat says nothing about a newer connection.
 *
 * <pre>
 * UNKNOWN  --hello, heartbeat, any message unless the connection had ended--> ONLINE
 * ONLINE   --will or goodbye of this or a newer connection, silence--> OFFLINE
 * OFFLINE  --hello or heartbeat of a newer connection, or of the same one if it was only silent--> ONLINE
 * any      --server start--> UNKNOWN
 * </pre>
 *
 * @param ended the connection is over for good: nothing that comes late from it brings the device back
 * @param creditedTo up to when the time online is in {@code onlineMillis}
 */
record PresenceRecord(
        DevicePresence presence,
        String reason,
        Instant since,
        long boot,
        long connection,
        boolean ended,
        @Nullable Instant lastSeen,
        long onlineMillis,
        @Nullable Instant creditedTo) {
    /** Longest stretch between two signs of life that counts as online. */
    static final Duration MAX_CREDIT = Duration.ofMinutes(3);
    /** Signs of life closer together than this are not written: rows are rewritten whole. */
    static final Duration COARSE = Duration.ofSeconds(10);

    static PresenceRecord enrolled(Instant now) {
        return new PresenceRecord(DevicePresence.UNKNOWN, "enrolled, not heard yet", now, 0, 0, false, null, 0, null);
    }

    /** Hello or heartbeat. */
    PresenceRecord alive(long heardBoot, long heardConnection, Instant at) {
        int order = compare(heardBoot, heardConnection);
        if (order < 0 || (order == 0 && ended)) {
            return this;
        }
        if (order == 0 && presence == DevicePresence.ONLINE) {
            return signOfLife(at);
        }
        PresenceRecord credited = credit(at);
        boolean already = presence == DevicePresence.ONLINE;
        return new PresenceRecord(
                DevicePresence.ONLINE,
                "",
                already ? since : at,
                heardBoot,
                heardConnection,
                false,
                later(lastSeen, at),
                credited.onlineMillis,
                later(creditedTo, at));
    }

    /** Last will or goodbye. */
    PresenceRecord ended(long heardBoot, long heardConnection, String why, Instant at) {
        int order = compare(heardBoot, heardConnection);
        if (order < 0 || (order == 0 && ended)) {
            return this;
        }
        return new PresenceRecord(
                DevicePresence.OFFLINE,
                why,
                presence == DevicePresence.OFFLINE ? since : at,
                heardBoot,
                heardConnection,
                true,
                lastSeen,
                credit(at).onlineMillis,
                null);
    }

    /** Any other message: proof that it was there, but of no connection in particular. */
    PresenceRecord signOfLife(Instant at) {
        if (presence == DevicePresence.OFFLINE || ended) {
            return this;
        }
        if (presence == DevicePresence.UNKNOWN) {
            return new PresenceRecord(
                    DevicePresence.ONLINE, "", at, boot, connection, ended, later(lastSeen, at), onlineMillis, at);
        }
        if (lastSeen != null && at.isBefore(lastSeen.plus(COARSE))) {
            return this;
        }
        PresenceRecord credited = credit(at);
        return new PresenceRecord(
                presence,
                reason,
                since,
                boot,
                connection,
                ended,
                later(lastSeen, at),
                credited.onlineMillis,
                credited.creditedTo);
    }

    /** Silence for too long. The time since the last sign of life is not counted as online. */
    PresenceRecord silent(Instant now) {
        return new PresenceRecord(
                DevicePresence.OFFLINE, "no heartbeat", now, boot, connection, ended, lastSeen, onlineMillis, null);
    }

    private PresenceRecord credit(Instant at) {
        if (presence != DevicePresence.ONLINE || creditedTo == null || !at.isAfter(creditedTo)) {
            return this;
        }
        long millis = Math.min(Duration.between(creditedTo, at).toMillis(), MAX_CREDIT.toMillis());
        return new PresenceRecord(
                presence, reason, since, boot, connection, ended, lastSeen, onlineMillis + millis, at);
    }

    private int compare(long heardBoot, long heardConnection) {
        int byBoot = Long.compare(heardBoot, boot);
        return byBoot != 0 ? byBoot : Long.compare(heardConnection, connection);
    }

    private static Instant later(@Nullable Instant known, Instant at) {
        return known != null && known.isAfter(at) ? known : at;
    }
}
