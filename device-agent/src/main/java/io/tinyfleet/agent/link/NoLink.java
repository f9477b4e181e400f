package io.tinyfleet.agent.link;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.OutLeaf;

/** Of a device that is not enrolled: nobody to talk to. What is kept for the server waits in the outbox. */
public final class NoLink implements Link {

    @Override
    public void open() {}

    @Override
    public boolean publish(OutLeaf leaf, byte[] payload, Quality quality, Object token) {
        return false;
    }

    @Override
    public void joinShared(Digest blob) {}

    @Override
    public void leaveShared(Digest blob) {}

    @Override
    public int room() {
        return 0;
    }

    @Override
    public void close() {}
}
