package io.tinyfleet.agent;

import io.tinyfleet.agent.enrol.Identity;
import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.install.Disk;
import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.agent.reconcile.AgentState;
import io.tinyfleet.agent.reconcile.Event;
import io.tinyfleet.agent.reconcile.Moment;
import io.tinyfleet.agent.reconcile.Way;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.InLeaf;
import io.tinyfleet.protocol.Messages;
import io.tinyfleet.protocol.UnreadableMessageException;
import io.tinyfleet.protocol.trust.DesiredDocuments;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.v1.Ack;
import io.tinyfleet.protocol.v1.Chunk;
import io.tinyfleet.protocol.v1.Command;
import io.tinyfleet.protocol.v1.Desired;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/** Turns messages from the broker into events: verified and read, or refused. */
final class Inbox {
    private static final EventLog LOG = EventLog.of("inbox");

    private final Identity identity;
    private final Disk disk;
    private final AgentHome home;
    private final Consumer<Ack> acks;

    Inbox(Identity identity, Disk disk, AgentHome home, Consumer<Ack> acks) {
        this.identity = identity;
        this.disk = disk;
        this.home = home;
        this.acks = acks;
    }

    /** Absent for messages that ask nothing of the slots. */
    Optional<Event> read(InLeaf leaf, byte[] payload, AgentState state, Moment now) {
        try {
            return switch (leaf) {
                case DESIRED -> Optional.of(desired(payload, state, now));
                case BLOB -> Optional.of(new Event.ChunkArrived(Messages.read(Chunk.parser(), payload)));
                case ACK -> {
                    acks.accept(Messages.read(Ack.parser(), payload));
                    yield Optional.empty();
                }
                case COMMAND -> command(Messages.read(Command.parser(), payload));
            };
        } catch (UnreadableMessageException e) {
            return Optional.of(new Event.MessageRefused(
                    "message-refused", e.code(), "in/" + leaf.level() + ": " + e.getMessage()));
        }
    }

    /** A chunk for all who want its blob. */
    Optional<Event> readShared(byte[] payload) {
        try {
            return Optional.of(new Event.ChunkArrived(Messages.read(Chunk.parser(), payload), Way.SHARED));
        } catch (UnreadableMessageException e) {
            // Whoever may write there can write often: a line in the log, and no event for the server.
            LOG.warn("shared-chunk-refused", "code", e.code(), "reason", e.getMessage());
            return Optional.empty();
        }
    }

    private Event desired(byte[] envelope, AgentState state, Moment now) {
        try {
            Desired desired = DesiredDocuments.verify(
                    identity.root(),
                    identity.device(),
                    state.desiredSeq(),
                    state.findDesiredDigest(),
                    trustedTime(state, now),
                    envelope);
            keep(desired, envelope, state);
            return new Event.DesiredVerified(desired, Digest.of(envelope));
        } catch (TrustException e) {
            LOG.warn("desired-refused", "code", e.code(), "reason", e.getMessage());
            return new Event.MessageRefused("desired-refused", e.code(), String.valueOf(e.getMessage()));
        }
    }

    /** The latest signed time seen; the system's own only while somebody keeps it right. */
    private static Instant trustedTime(AgentState state, Moment now) {
        boolean later = now.clockSynchronised() && now.wall().isAfter(state.signedTime());
        return later ? now.wall() : state.signedTime();
    }

    /** For people who want to see what was signed; the agent itself goes by its state file. */
    private void keep(Desired desired, byte[] envelope, AgentState state) {
        if (desired.getSeq() <= state.desiredSeq()) {
            return;
        }
        try {
            disk.writeAtomic(home.trust().resolve("desired.dsse"), envelope);
        } catch (IOException e) {
            LOG.warn("document-not-kept", "reason", e.getMessage());
        }
    }

    private static Optional<Event> command(Command command) {
        return switch (command.getKindCase()) {
            case REFRESH -> Optional.of(new Event.RefreshAsked());
            case RESTART -> Optional.of(new Event.RestartAsked());
            case IDENTIFY, KIND_NOT_SET -> {
                // No lamp to blink on this board; newer commands are for newer agents.
                LOG.info("command-ignored", "kind", command.getKindCase());
                yield Optional.empty();
            }
        };
    }
}
