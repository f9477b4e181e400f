package io.tinyfleet.e2e.demo;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.tinyfleet.protocol.v1.AudioFrames;
import io.tinyfleet.protocol.v1.Feedback;
import io.tinyfleet.protocol.v1.ScalarInput;
import io.tinyfleet.protocol.v1.SelfTestVector;
import io.tinyfleet.protocol.v1.SelfTestVectors;
import io.tinyfleet.protocol.v1.Tensor;
import io.tinyfleet.registry.selftest.AudioFrameInputs;
import io.tinyfleet.registry.selftest.SelfTestRecorder;
import io.tinyfleet.registry.selftest.SelfTestRecordingException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.UnsupportedAudioFileException;

/** The self-test of the voice detector: frames of a recording with the scores that the model itself gives. */
final class DemoSelfTest {

    static final int SAMPLE_RATE_HZ = 16_000;
    static final int FRAME_SAMPLES = 512;
    static final int CONTEXT_SAMPLES = 64;
    static final double ABSOLUTE_TOLERANCE = 1e-3;
    static final double RELATIVE_TOLERANCE = 1e-3;
    static final String SCORE_OUTPUT = "output";

    private static final int VECTORS = 8;
    private static final int BYTES_A_SAMPLE = 2;

    private static final AudioFrames PIPELINE = AudioFrames.newBuilder()
            .setSampleRateHz(SAMPLE_RATE_HZ)
            .setFrameSamples(FRAME_SAMPLES)
            .setContextSamples(CONTEXT_SAMPLES)
            .setInput("input")
            .addFeedback(Feedback.newBuilder()
                    .setInput("state")
                    .setOutput("stateN")
                    .addShape(2)
                    .addShape(1)
                    .addShape(128))
            .addConstants(ScalarInput.newBuilder().setInput("sr").setInt64Value(SAMPLE_RATE_HZ))
            .setScoreOutput(SCORE_OUTPUT)
            .setScoreThreshold(0.5)
            .build();

    private DemoSelfTest() {}

    /**
     * Runs the model on frames of the recording.
     *
     * @param altered whether the expected scores are turned round, so that no sound model passes
     * @return a {@code SelfTestVectors} blob
     */
    static byte[] record(Path model, Path speech, boolean altered) throws IOException {
        try {
            byte[] sound = SelfTestRecorder.recordAudioFrames(model, PIPELINE, samples(speech), VECTORS);
            return altered ? alter(sound) : sound;
        } catch (SelfTestRecordingException refused) {
            throw new IOException("no self-test for " + model + ": " + refused.getMessage(), refused);
        }
    }

    private static byte[] alter(byte[] sound) throws InvalidProtocolBufferException {
        SelfTestVectors.Builder altered = SelfTestVectors.parseFrom(sound).toBuilder();
        for (int at = 0; at < altered.getVectorsCount(); at++) {
            SelfTestVector.Builder vector = altered.getVectors(at).toBuilder();
            for (int output = 0; output < vector.getOutputsCount(); output++) {
                if (vector.getOutputs(output).getName().equals(SCORE_OUTPUT)) {
                    vector.setOutputs(output, turnedRound(vector.getOutputs(output)));
                }
            }
            altered.setVectors(at, vector);
        }
        return altered.build().toByteArray();
    }

    private static Tensor turnedRound(Tensor score) {
        float value = score.getData()
                .asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .getFloat();
        ByteBuffer other = ByteBuffer.allocate(score.getData().size()).order(ByteOrder.LITTLE_ENDIAN);
        other.put(score.getData().asReadOnlyByteBuffer()).rewind();
        other.putFloat(value < 0.5f ? 0.95f : 0.05f).rewind();
        return score.toBuilder().setData(ByteString.copyFrom(other)).build();
    }

    private static float[] samples(Path wav) throws IOException {
        try (AudioInputStream in = AudioSystem.getAudioInputStream(wav.toFile())) {
            AudioFormat format = in.getFormat();
            if (format.getSampleRate() != SAMPLE_RATE_HZ
                    || format.getChannels() != 1
                    || format.getSampleSizeInBits() != 8 * BYTES_A_SAMPLE
                    || format.isBigEndian()) {
                throw new IOException(wav + " is " + format + "; needed is 16 kHz, mono, 16 bit, little-endian");
            }
            byte[] bytes = in.readAllBytes();
            short[] pcm = new short[bytes.length / BYTES_A_SAMPLE];
            ByteBuffer.wrap(bytes)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asShortBuffer()
                    .get(pcm);
            return AudioFrameInputs.fromPcm16(pcm);
        } catch (UnsupportedAudioFileException unsupported) {
            throw new IOException(wav + " is not a WAV file that can be read", unsupported);
        }
    }
}
