package io.tinyfleet.agent.link;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.InLeaf;

/** What the link tells the agent's loop. */
public sealed interface LinkEvent {

    /** Connected and subscribed. {@code connection} counts from 1 in each run of the agent. */
    record Up(long connection) implements LinkEvent {}

    record Down(String reason) implements LinkEvent {}

    /** Tried and not connected; it is tried again. */
    record Failed(String reason) implements LinkEvent {}

    /**
     * A message. {@code handled} tells the broker that it need not come again; it does nothing when the connection it
     * came on is gone.
     */
    record Received(InLeaf leaf, byte[] payload, Runnable handled) implements LinkEvent {}

    /** A chunk for all who want its blob. It comes at most once. */
    record ReceivedShared(byte[] payload) implements LinkEvent {}

    /** The broker has answered the subscription to the blob's topic. */
    record SharedJoined(Digest blob, boolean granted) implements LinkEvent {}

    /** The broker has the message that was published with this token. */
    record Delivered(Object token) implements LinkEvent {}
}
