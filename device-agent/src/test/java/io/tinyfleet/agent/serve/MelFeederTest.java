package io.tinyfleet.agent.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.MelInput;
import io.tinyfleet.protocol.v1.MelScale;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

class MelFeederTest {

    /** Values of the two published formulas, as librosa's hz_to_mel documents them: 60 Hz is 0.9 mel. */
    @Test
    void both_scales_give_their_published_values() {
        assertThat(MelFilters.toMel(MelScale.SLANEY, 60)).isCloseTo(0.9, within(1e-9));
        assertThat(MelFilters.toMel(MelScale.SLANEY, 1000)).isCloseTo(15, within(1e-9));
        assertThat(MelFilters.toMel(MelScale.SLANEY, 6400)).isCloseTo(42, within(1e-9));
        assertThat(MelFilters.toMel(MelScale.HTK, 1000)).isCloseTo(999.9855, within(1e-3));
        assertThat(MelFilters.toMel(MelScale.HTK, 8000)).isCloseTo(2840.023, within(1e-3));
        for (MelScale scale : new MelScale[] {MelScale.HTK, MelScale.SLANEY}) {
            for (double hz : new double[] {0, 60, 999, 1001, 7999}) {
                assertThat(MelFilters.toHz(scale, MelFilters.toMel(scale, hz))).isCloseTo(hz, within(1e-6));
            }
        }
    }

    @Test
    void triangles_rise_to_one_and_fall_by_htk_and_have_an_area_of_one_by_slaney() {
        float[][] htk = MelFilters.weights(MelScale.HTK, 10, 0, 8000, 4096, 16_000);
        float[][] slaney = MelFilters.weights(MelScale.SLANEY, 10, 0, 8000, 4096, 16_000);
        for (int bin = 0; bin < 10; bin++) {
            float highest = 0;
            double area = 0;
            for (int k = 0; k <= 2048; k++) {
                highest = Math.max(highest, htk[bin][k]);
                area += slaney[bin][k] * 16_000.0 / 4096;
            }
            assertThat(highest).isBetween(0.95f, 1f);
            assertThat(area).isCloseTo(1, within(0.02));
        }
    }

    @Test
    void the_fast_transform_is_the_slow_one_by_its_definition() {
        int size = 64;
        SplittableRandom random = new SplittableRandom(7);
        double[] signal = random.doubles(size, -1, 1).toArray();
        double[] real = signal.clone();
        double[] imaginary = new double[size];
        new Fourier(size).transform(real, imaginary);
        for (int k = 0; k < size; k++) {
            double expectedReal = 0;
            double expectedImaginary = 0;
            for (int n = 0; n < size; n++) {
                expectedReal += signal[n] * Math.cos(-2 * Math.PI * k * n / size);
                expectedImaginary += signal[n] * Math.sin(-2 * Math.PI * k * n / size);
            }
            assertThat(real[k]).isCloseTo(expectedReal, within(1e-10));
            assertThat(imaginary[k]).isCloseTo(expectedImaginary, within(1e-10));
        }
    }

    /** A pure tone of bin k through a periodic Hann window has magnitudes N/4, N/8 beside it, and 0 elsewhere. */
    @Test
    void a_tone_lies_in_the_bin_of_its_frequency() throws IOException {
        MelInput declared = declared()
                .setBins(20)
                .setLogFloor(0)
                .setFrames(1)
                .setNewFrames(1)
                .build();
        double tone = 512 * 32 / 512.0;
        Tensor tensor = fed(declared, n -> Math.sin(2 * Math.PI * tone * n / 512), 1);
        int highest = highest(tensor, 20);
        double hz = tone * 16_000 / 512;
        double lower = MelFilters.toHz(MelScale.HTK, MelFilters.toMel(MelScale.HTK, 8000) * highest / 21);
        double upper = MelFilters.toHz(MelScale.HTK, MelFilters.toMel(MelScale.HTK, 8000) * (highest + 2) / 21);
        assertThat(hz).isBetween(lower, upper);
        float[][] filters = MelFilters.weights(MelScale.HTK, 20, 0, 8000, 512, 16_000);
        double expected = 128 * filters[highest][32] + 64 * (filters[highest][31] + filters[highest][33]);
        assertThat(tensor.floatAt(highest)).isCloseTo((float) expected, within(0.01f));
    }

    @Test
    void silence_is_the_logarithm_of_the_floor() throws IOException {
        MelInput declared =
                declared().setBins(4).setShape(2, 4).setLogFloor(1e-6).build();
        Tensor tensor = fed(declared, n -> 0, 1);
        for (int i = 0; i < tensor.bytes() / Float.BYTES; i++) {
            assertThat(tensor.floatAt(i)).isCloseTo((float) Math.log(1e-6), within(1e-5f));
        }
    }

    @Test
    void old_columns_move_up_and_new_ones_come_behind() throws IOException {
        MelInput declared = declared().setBins(4).setShape(2, 4).setLogFloor(0).build();
        // Loud in the first second column only: the level of a column tells when it was made.
        Tensor first = fed(declared, n -> n < 512 ? Math.sin(n) : 0, 1);
        float loud = first.floatAt(first.bytes() / Float.BYTES - 3);
        assertThat(loud).isGreaterThan(0);
        Tensor second = fed(declared, n -> n < 512 ? Math.sin(n) : 0, 2);
        assertThat(second.floatAt(1)).as("the column before is the first now").isEqualTo(loud);
    }

    @Test
    void bins_may_come_first() throws IOException {
        IntToDoubleFunction noise = n -> Math.sin(n * 0.7) * (n % 13);
        Tensor frames = fed(declared().setBins(4).setShape(2, 4).build(), noise, 3);
        Tensor bins = fed(
                declared()
                        .setBins(4)
                        .setShape(1, 4)
                        .setShape(2, 2)
                        .setBinsFirst(true)
                        .build(),
                noise,
                3);
        for (int frame = 0; frame < 2; frame++) {
            for (int bin = 0; bin < 4; bin++) {
                assertThat(bins.floatAt(bin * 2 + frame)).isEqualTo(frames.floatAt(frame * 4 + bin));
            }
        }
    }

    private static int highest(Tensor tensor, int bins) {
        int highest = 0;
        for (int i = 1; i < bins; i++) {
            highest = tensor.floatAt(i) > tensor.floatAt(highest) ? i : highest;
        }
        return highest;
    }

    /** Two columns of windows of 512 samples that follow each other, the newest new. */
    private static MelInput.Builder declared() {
        return MelInput.newBuilder()
                .setInput("x")
                .setSampleRateHz(16_000)
                .setWindowSamples(512)
                .setHopSamples(512)
                .setFftSize(512)
                .setBins(20)
                .setLowestHz(0)
                .setHighestHz(8000)
                .setMelScale(MelScale.HTK)
                .setFrames(2)
                .setNewFrames(1)
                .setType(ElementType.FLOAT32)
                .addShape(1)
                .addShape(2)
                .addShape(20);
    }

    private static Tensor fed(MelInput given, IntToDoubleFunction sound, int times) throws IOException {
        MelInput declared =
                given.getFrames() == 1 ? given.toBuilder().setShape(1, 1).build() : given;
        MelFeeder feeder = new MelFeeder(declared, new AudioSource() {
            private int next;

            @Override
            public int sampleRateHz() {
                return 16_000;
            }

            @Override
            public void read(Tensor target, int offset, int samples) {
                for (int i = 0; i < samples; i++) {
                    target.setFloat(offset + i, (float) sound.applyAsDouble(next++));
                }
            }

            @Override
            public String name() {
                return "sound";
            }

            @Override
            public void close() {}
        });
        Tensor tensor = feeder.next().get(0);
        for (int i = 1; i < times; i++) {
            tensor = feeder.next().get(0);
        }
        return tensor;
    }
}
