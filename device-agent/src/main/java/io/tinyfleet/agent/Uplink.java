package io.tinyfleet.agent;

import com.google.protobuf.ByteString;
import io.tinyfleet.agent.link.Link;
import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.agent.outbox.Outbox;
import io.tinyfleet.agent.reconcile.Moment;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.OutLeaf;
import io.tinyfleet.protocol.v1.Ack;
import io.tinyfleet.protocol.v1.DeviceFacts;
import io.tinyfleet.protocol.v1.Mark;
import io.tinyfleet.protocol.v1.Need;
import io.tinyfleet.protocol.v1.Presence;
import io.tinyfleet.protocol.v1.PresenceKind;
import io.tinyfleet.protocol.v1.StateMessage;
import io.tinyfleet.protocol.v1.Stream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;

/**
 * What goes to the server: kept messages from the outbox, and presence and needs, which are never kept. Belongs to the
 * loop's thread, but {@link Presences}, which the link asks for a will.
 */
final class Uplink {
    private static final EventLog LOG = EventLog.of("uplink");

    private final Outbox outbox;
    private final Presences presences;
    private final Link link;

    Uplink(Outbox outbox, Presences presences, Link link) {
        this.outbox = outbox;
        this.presences = presences;
        this.link = link;
        presences.boot(outbox.boot());
    }

    /** Makes presence messages; the link's thread and the loop's both ask. */
    static final class Presences {
        private final Clocks clocks;
        private volatile long boot;
        private volatile long desiredSeq;
        private volatile long rootVersion;
        private volatile Instant signedTime = Instant.EPOCH;

        Presences(Clocks clocks) {
            this.clocks = clocks;
        }

        void boot(long counter) {
            boot = counter;
        }

        void desiredSeq(long seq) {
            desiredSeq = seq;
        }

        void signedTime(Instant latest) {
            signedTime = latest;
        }

        /** The latest time that somebody vouches for: it is not earlier than this. */
        Instant earliestNow() {
            Moment now = clocks.read();
            return now.clockSynchronised() && now.wall().isAfter(signedTime) ? now.wall() : signedTime;
        }

        /** Whether it is another than before. */
        boolean rootVersion(long version) {
            boolean changed = version != rootVersion;
            rootVersion = version;
            return changed;
        }

        byte[] will(long connection) {
            return presence(PresenceKind.WILL, connection);
        }

        private byte[] presence(PresenceKind kind, long connection) {
            return message(builder(kind, connection).build());
        }

        private byte[] hello(long connection, DeviceFacts facts) {
            return message(
                    builder(PresenceKind.HELLO, connection).setFacts(facts).build());
        }

        private static byte[] message(Presence presence) {
            return StateMessage.newBuilder().setPresence(presence).build().toByteArray();
        }

        private Presence.Builder builder(PresenceKind kind, long connection) {
            Moment now = clocks.read();
            return Presence.newBuilder()
                    .setKind(kind)
                    .setBootCounter(boot)
                    .setConnection(connection)
                    .setDesiredSeq(desiredSeq)
                    .setRootVersion(rootVersion)
                    .setLowestProtocol(Limits.PROTOCOL)
                    .setHighestProtocol(Limits.PROTOCOL)
                    .setClockSynchronised(now.clockSynchronised())
                    .setWallTimeMillis(now.wall().toEpochMilli());
        }
    }

    // ---- never kept

    void hello(long connection, DeviceFacts facts) {
        send(OutLeaf.STATE, presences.hello(connection, facts));
    }

    void presence(PresenceKind kind, long connection) {
        send(OutLeaf.STATE, presences.presence(kind, connection));
    }

    void need(Need need) {
        send(OutLeaf.NEED, need.toByteArray());
    }

    void joinShared(Digest blob) {
        link.joinShared(blob);
    }

    void leaveShared(Digest blob) {
        link.leaveShared(blob);
    }

    private void send(OutLeaf leaf, byte[] payload) {
        // Not sent now is not sent at all: the next heartbeat or the next round of needs says it again.
        if (!link.publish(leaf, payload, Link.Quality.AT_LEAST_ONCE, leaf)) {
            LOG.debug("not-sent", "leaf", leaf);
        }
    }

    // ---- kept

    void keep(Stream stream, ByteString body, Moment now) {
        try {
            outbox.add(stream, body, now.wall());
        } catch (IOException e) {
            LOG.warn("message-lost", "stream", stream, "reason", e.getMessage());
        }
    }

    /** Hands over what is due and fits into the window. */
    void pump(Duration uptime) {
        try {
            for (int room = link.room(); room > 0; room = link.room()) {
                var due = outbox.takeDue(uptime, room);
                if (due.isEmpty()) {
                    return;
                }
                for (Outbox.Due message : due) {
                    publish(message, uptime);
                }
            }
        } catch (IOException e) {
            LOG.warn("outbox-failed", "reason", e.getMessage());
        }
    }

    private void publish(Outbox.Due due, Duration uptime) {
        OutLeaf leaf = switch (due.stream()) {
            case STATE -> OutLeaf.STATE;
            case EVENT -> OutLeaf.EVENT;
            case TELEMETRY -> OutLeaf.TELEMETRY;
            case STREAM_UNSPECIFIED, UNRECOGNIZED ->
                throw new IllegalStateException("the outbox keeps no stream " + due.stream());
        };
        byte[] payload = leaf == OutLeaf.STATE
                ? StateMessage.newBuilder().setReported(due.envelope()).build().toByteArray()
                : due.envelope().toByteArray();
        if (!link.publish(leaf, payload, Link.Quality.AT_LEAST_ONCE, due)) {
            outbox.notSent(due, uptime);
        }
    }

    /** {@code token} is what was published with; presence and needs have none worth remembering. */
    void delivered(Object token) {
        if (token instanceof Outbox.Due due) {
            outbox.delivered(due);
        }
    }

    void disconnected() {
        outbox.disconnected();
    }

    /** Says whether the boot counter has changed, so that a new hello is due. */
    boolean acknowledged(Ack ack, Moment now) {
        long before = outbox.boot();
        try {
            for (Mark mark : ack.getMarksList()) {
                outbox.mark(mark.getStream(), mark.getBootCounter(), mark.getUpTo());
            }
            if (ack.getContinueAboveBoot() > 0) {
                outbox.continueAbove(ack.getContinueAboveBoot(), now.wall());
            }
        } catch (IOException e) {
            LOG.warn("outbox-failed", "reason", e.getMessage());
        }
        presences.boot(outbox.boot());
        return outbox.boot() != before;
    }

    Duration nextDue() {
        return outbox.nextDue();
    }

    int waiting() {
        return outbox.count();
    }
}
