package io.tinyfleet.server.device;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.Phase;
import java.time.Instant;

/** The newest attempt that a device has reported for a slot. */
public record AttemptSnapshot(
        AttemptId id,
        Digest artifact,
        Phase phase,
        String reason,
        String detail,
        long bytesDone,
        long bytesTotal,
        long probationSeconds,
        long probationInferences,
        long chunksWritten,
        long chunksRepeated,
        long chunksRefused,
        Instant updatedAt) {
    AttemptSnapshot updatedAt(Instant at) {
        return new AttemptSnapshot(
                id,
                artifact,
                phase,
                reason,
                detail,
                bytesDone,
                bytesTotal,
                probationSeconds,
                probationInferences,
                chunksWritten,
                chunksRepeated,
                chunksRefused,
                at);
    }
}
