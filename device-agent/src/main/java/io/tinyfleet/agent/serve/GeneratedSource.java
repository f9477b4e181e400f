package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.Tensor;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;

/** Sound made by code: always the same for the same seed. */
final class GeneratedSource implements AudioSource {

    static final long NOISE_SEED = 20_260_101L;

    /** About -32 dBFS: a loud fan. */
    private static final double NOISE_AMPLITUDE = 0.04;

    private final String name;
    private final int sampleRateHz;
    private final DoubleSupplier generator;

    private GeneratedSource(String name, int sampleRateHz, DoubleSupplier generator) {
        this.name = name;
        this.sampleRateHz = sampleRateHz;
        this.generator = generator;
    }

    static GeneratedSource silence(String name, int sampleRateHz) {
        return new GeneratedSource(name, sampleRateHz, () -> 0);
    }

    /** White noise, evenly distributed. */
    static GeneratedSource noise(String name, int sampleRateHz, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return new GeneratedSource(name, sampleRateHz, () -> (random.nextDouble() * 2 - 1) * NOISE_AMPLITUDE);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int sampleRateHz() {
        return sampleRateHz;
    }

    @Override
    public void read(Tensor target, int offset, int samples) {
        for (int i = 0; i < samples; i++) {
            target.setFloat(offset + i, (float) generator.getAsDouble());
        }
    }

    @Override
    public void close() {}
}
