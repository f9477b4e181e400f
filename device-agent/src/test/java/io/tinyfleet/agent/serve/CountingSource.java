package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.Tensor;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/** Samples 1, 2, 3, …, and a count of how many were taken; can be made to fail. */
final class CountingSource implements AudioSource {

    final AtomicLong taken = new AtomicLong();
    private final int rate;
    volatile boolean broken;
    volatile boolean stalled;
    volatile boolean closed;

    CountingSource(int rate) {
        this.rate = rate;
    }

    @Override
    public String name() {
        return "count";
    }

    @Override
    public int sampleRateHz() {
        return rate;
    }

    @Override
    public void read(Tensor target, int offset, int samples) throws IOException {
        if (broken) {
            throw new SourceException("the microphone was pulled out");
        }
        if (stalled) {
            throw new SourceStalledException("nothing came for 5 s");
        }
        for (int i = 0; i < samples; i++) {
            target.setFloat(offset + i, taken.incrementAndGet());
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
