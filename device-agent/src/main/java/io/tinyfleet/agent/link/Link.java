package io.tinyfleet.agent.link;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.OutLeaf;

/** The way to the broker, as the agent's loop sees it. */
public interface Link extends AutoCloseable {

    /** Connects, and connects again for as long as it is not closed. Returns at once. */
    void open();

    /**
     * Hands a message to the connection that is up.
     *
     * @param token comes back in {@link LinkEvent.Delivered} when the broker has an at-least-once message
     * @return false when there is no connection or its window is full: try again later
     */
    boolean publish(OutLeaf leaf, byte[] payload, Quality quality, Object token);

    /**
     * Subscribes to a blob's topic on the connection that is up, also when it is subscribed to. Answered by
     * {@link LinkEvent.SharedJoined}, but for a connection that ends before. Ends with the connection.
     */
    void joinShared(Digest blob);

    /** Unsubscribes; what comes on the topic from now on is dropped. */
    void leaveShared(Digest blob);

    /** At-least-once messages that may be handed over now. */
    int room();

    /** Says goodbye to the broker, so that no will is sent; waits a little for what is under way. */
    @Override
    void close();

    /** How hard the broker tries. Exactly-once is never used. */
    enum Quality {
        AT_MOST_ONCE,
        AT_LEAST_ONCE
    }
}
