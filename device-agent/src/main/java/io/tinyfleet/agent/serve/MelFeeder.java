package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.MelInput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** A stream of samples as columns of a mel spectrogram; each inference sees the newest columns. */
final class MelFeeder implements Feeder {

    private final AudioSource source;
    private final MelInput declared;
    private final double[] window;
    private final float[][] filters;
    private final Fourier fourier;
    private final double[] real;
    private final double[] imaginary;
    private final double[] spectrum;
    private final Numbers numbers;

    /** The newest window of samples. */
    private final float[] samples;

    private final Tensor fresh;

    /** {@code frames} columns of {@code bins}, the oldest first. */
    private final double[][] columns;

    private final Tensor tensor;
    private final List<Tensor> inputs;

    MelFeeder(MelInput declared, AudioSource source) {
        this.source = source;
        this.declared = declared;
        this.window = hann(declared.getWindowSamples());
        this.filters = MelFilters.weights(
                declared.getMelScale(),
                declared.getBins(),
                declared.getLowestHz(),
                declared.getHighestHz(),
                declared.getFftSize(),
                declared.getSampleRateHz());
        this.fourier = new Fourier(declared.getFftSize());
        this.real = new double[declared.getFftSize()];
        this.imaginary = new double[declared.getFftSize()];
        this.spectrum = new double[declared.getFftSize() / 2 + 1];
        this.numbers = new Numbers(declared.getType(), declared.hasQuantization() ? declared.getQuantization() : null);
        this.samples = new float[declared.getWindowSamples()];
        this.fresh =
                Tensor.zeros("samples", ElementType.FLOAT32, (long) declared.getNewFrames() * declared.getHopSamples());
        this.columns = new double[declared.getFrames()][declared.getBins()];
        for (double[] column : columns) {
            Arrays.fill(column, logarithm(0));
        }
        this.tensor = Tensor.zeros(
                declared.getInput(),
                declared.getType(),
                declared.getShapeList().stream().mapToLong(Long::longValue).toArray());
        this.inputs = List.of(tensor);
    }

    /** The periodic Hann window: {@code 0.5 - 0.5 cos(2 pi n / N)}. */
    static double[] hann(int samples) {
        double[] window = new double[samples];
        for (int i = 0; i < samples; i++) {
            window[i] = 0.5 - 0.5 * Math.cos(2 * Math.PI * i / samples);
        }
        return window;
    }

    @Override
    public List<Tensor> next() throws IOException {
        int hop = declared.getHopSamples();
        source.read(fresh, 0, declared.getNewFrames() * hop);
        for (int frame = 0; frame < declared.getNewFrames(); frame++) {
            shiftIn(frame * hop, hop);
            double[] oldest = columns[0];
            System.arraycopy(columns, 1, columns, 0, columns.length - 1);
            columns[columns.length - 1] = oldest;
            column(oldest);
        }
        fill();
        return inputs;
    }

    private void shiftIn(int from, int hop) {
        int kept = Math.max(0, samples.length - hop);
        System.arraycopy(samples, samples.length - kept, samples, 0, kept);
        for (int i = kept; i < samples.length; i++) {
            samples[i] = fresh.floatAt(from + hop - samples.length + i);
        }
    }

    private void column(double[] column) {
        Arrays.fill(real, 0);
        Arrays.fill(imaginary, 0);
        for (int i = 0; i < samples.length; i++) {
            real[i] = samples[i] * window[i];
        }
        fourier.transform(real, imaginary);
        for (int k = 0; k < spectrum.length; k++) {
            double power = real[k] * real[k] + imaginary[k] * imaginary[k];
            spectrum[k] = declared.getPower() ? power : Math.sqrt(power);
        }
        for (int bin = 0; bin < column.length; bin++) {
            double sum = 0;
            for (int k = 0; k < spectrum.length; k++) {
                sum += filters[bin][k] * spectrum[k];
            }
            column[bin] = logarithm(sum);
        }
    }

    private double logarithm(double value) {
        return declared.getLogFloor() > 0 ? Math.log(Math.max(value, declared.getLogFloor())) : value;
    }

    private void fill() {
        ByteBuffer data = tensor.data();
        double deviation = declared.getDeviation() == 0 ? 1 : declared.getDeviation();
        for (int frame = 0; frame < columns.length; frame++) {
            for (int bin = 0; bin < columns[frame].length; bin++) {
                int index =
                        declared.getBinsFirst() ? bin * columns.length + frame : frame * columns[frame].length + bin;
                numbers.put(data, index, (columns[frame][bin] - declared.getMean()) / deviation);
            }
        }
    }

    @Override
    public long frameNanos() {
        return (long) declared.getNewFrames() * declared.getHopSamples() * 1_000_000_000L / declared.getSampleRateHz();
    }

    @Override
    public int memory() {
        // The window of samples before the first column, and the columns that are kept.
        return declared.getNewFrames() < declared.getFrames() || samples.length > declared.getHopSamples()
                ? declared.getFrames() / declared.getNewFrames() + 1
                : 0;
    }
}
