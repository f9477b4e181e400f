package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.v1.EncodingKind;

/**
 * What an attempt has cost so far, as it is reported.
 *
 * @param bytesTotal of the encoding that is fetched
 * @param chunksWritten chunks verified and written, over restarts
 * @param chunksRepeated how many of them had been written before
 * @param chunksRefused chunks with a wrong hash, index or length
 * @param bytesOnWire bytes of the chunks written, repeated ones and those of encodings given up included
 * @param encoding how the file comes
 */
public record Counters(
        long bytesDone,
        long bytesTotal,
        long chunksWritten,
        long chunksRepeated,
        long chunksRefused,
        long bytesOnWire,
        EncodingKind encoding) {
    public static final Counters NONE = of(0, 0, 0, 0, 0);

    /** Counters that say nothing of the way. */
    public static Counters of(
            long bytesDone, long bytesTotal, long chunksWritten, long chunksRepeated, long chunksRefused) {
        return new Counters(
                bytesDone,
                bytesTotal,
                chunksWritten,
                chunksRepeated,
                chunksRefused,
                0,
                EncodingKind.ENCODING_KIND_UNSPECIFIED);
    }

    public Counters ofTotal(long total) {
        return new Counters(bytesDone, total, chunksWritten, chunksRepeated, chunksRefused, bytesOnWire, encoding);
    }

    public Counters allHere() {
        return new Counters(
                bytesTotal, bytesTotal, chunksWritten, chunksRepeated, chunksRefused, bytesOnWire, encoding);
    }

    public Counters wrote(int bytes, boolean again) {
        return new Counters(
                bytesDone + bytes,
                bytesTotal,
                chunksWritten + 1,
                chunksRepeated + (again ? 1 : 0),
                chunksRefused,
                bytesOnWire + bytes,
                encoding);
    }

    public Counters refusedOne() {
        return new Counters(
                bytesDone, bytesTotal, chunksWritten, chunksRepeated, chunksRefused + 1, bytesOnWire, encoding);
    }

    /** The same, with the bytes that encodings given up have cost before. */
    public Counters andSpent(long bytes) {
        return new Counters(
                bytesDone, bytesTotal, chunksWritten, chunksRepeated, chunksRefused, bytesOnWire + bytes, encoding);
    }

    public Counters by(EncodingKind kind) {
        return new Counters(bytesDone, bytesTotal, chunksWritten, chunksRepeated, chunksRefused, bytesOnWire, kind);
    }
}
