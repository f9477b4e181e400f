package io.tinyfleet.server.mqtt;

import io.tinyfleet.protocol.OutLeaf;
import java.util.List;
import java.util.Set;

/**
 * Takes what devices send on some leaves. Implementations are CDI beans.
 *
 * <p>{@code STATE}, {@code EVENT} and {@code TELEMETRY} are handled inside one transaction that the caller opened for the
 * whole batch; the messages are acknowledged after its commit. {@code NEED} is handled on a thread of its own without a
 * transaction, so that chunks never wait behind a database write.
 */
public interface InboundHandler {
    Set<OutLeaf> leaves();

    /** An exception leaves the batch unacknowledged; it comes again after a back-off, at last message by message. */
    void handle(List<InboundMessage> batch);
}
