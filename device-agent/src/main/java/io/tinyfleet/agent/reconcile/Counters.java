package io.tinyfleet.agent.reconcile;

/**
 * What an attempt has cost so far, as it is reported.
 *
 * @param chunksWritten chunks verified and written, over restarts
 * @param chunksRepeated how many of them had been written before
 * @param chunksRefused chunks with a wrong hash, index or length
 */
public record Counters(long bytesDone, long bytesTotal, long chunksWritten, long chunksRepeated, long chunksRefused) {
    public static final Counters NONE = new Counters(0, 0, 0, 0, 0);

    public Counters ofTotal(long total) {
        return new Counters(bytesDone, total, chunksWritten, chunksRepeated, chunksRefused);
    }

    public Counters allHere() {
        return new Counters(bytesTotal, bytesTotal, chunksWritten, chunksRepeated, chunksRefused);
    }

    public Counters wrote(int bytes, boolean again) {
        return new Counters(
                bytesDone + bytes, bytesTotal, chunksWritten + 1, chunksRepeated + (again ? 1 : 0), chunksRefused);
    }

    public Counters refusedOne() {
        return new Counters(bytesDone, bytesTotal, chunksWritten, chunksRepeated, chunksRefused + 1);
    }
}
