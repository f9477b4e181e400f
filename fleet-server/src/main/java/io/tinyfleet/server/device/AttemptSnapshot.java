package io.tinyfleet.server.device;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.EncodingKind;
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
        Download download,
        Instant updatedAt) {

    /**
     * How the file came.
     *
     * @param encoding unspecified until the device chose a way
     * @param bytesOnWire chunk bytes that were verified and written, repeated ones and those of an encoding given up
     *     included
     */
    public record Download(
            EncodingKind encoding, long bytesOnWire, long chunksWritten, long chunksRepeated, long chunksRefused) {
        /** Nothing was fetched. */
        public static final Download NONE = new Download(EncodingKind.ENCODING_KIND_UNSPECIFIED, 0, 0, 0, 0);
    }

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
                download,
                at);
    }
}
