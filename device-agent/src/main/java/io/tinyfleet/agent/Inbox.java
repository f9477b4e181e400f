package io.tinyfleet.agent;

import io.tinyfleet.agent.enrol.CurrentRoot;
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
import io.tinyfleet.protocol.trust.RoleName;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.v1.Ack;
import io.tinyfleet.protocol.v1.Chunk;
import io.tinyfleet.protocol.v1.Command;
import io.tinyfleet.protocol.v1.Desired;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Turns messages from the broker into events: verified and read, or refused. */
final class Inbox {
    private static final EventLog LOG = EventLog.of("inbox");

    private final Identity identity;
    private final CurrentRoot root;
    private final Disk disk;
    private final AgentHome home;
    private final Consumer<Ack> acks;

    Inbox(Identity identity, CurrentRoot root, Disk disk, AgentHome home, Consumer<Ack> acks) {
        this.identity = identity;
        this.root = root;
        this.disk = disk;
        this.home = home;
        this.acks = acks;
    }

    /** Absent for messages that ask nothing of the slots. */
    Optional<Event> read(InLeaf leaf, byte[] payload, AgentState state, Moment now) {
        try {
            return switch (leaf) {
                case DESIRED -> Optional.of(desired(payload, state, now));
                case ROOT -> root(payload);
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
                    root.root(),
                    identity.device(),
                    state.desiredSeq(),
                    state.findDesiredDigest(),
                    state.trustedTime(now),
                    envelope);
            keep(desired, envelope, state);
            return new Event.DesiredVerified(desired, Digest.of(envelope));
        } catch (TrustException e) {
            LOG.warn("desired-refused", "code", e.code(), "reason", e.getMessage());
            return new Event.MessageRefused("desired-refused", e.code(), String.valueOf(e.getMessage()));
        }
    }

    /** One step on, or refused by name. An older root, or the one held, sent again is nothing. */
    private Optional<Event> root(byte[] envelope) {
        if (root.holds(envelope)) {
            return Optional.empty();
        }
        try {
            Set<RoleName> rotated = root.step(envelope);
            LOG.info("root-stepped", "version", root.root().version(), "rotated", rotated);
            return Optional.of(
                    new Event.RootHeld(root.root().version(), root.root().issuedAt(), rotated));
        } catch (TrustException e) {
            LOG.warn("root-refused", "code", e.code(), "reason", e.getMessage());
            return Optional.of(new Event.MessageRefused("root-refused", e.code(), String.valueOf(e.getMessage())));
        } catch (IOException e) {
            // Not taken: the next heartbeat says which root is held, and the server sends this one again.
            LOG.warn("root-not-stored", "reason", e.getMessage());
            return Optional.empty();
        }
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
