package io.tinyfleet.agent.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.v1.ElementType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplaySourceTest {

    @TempDir
    Path folder;

    @Test
    void a_recording_is_played_over_and_over() throws IOException {
        try (AudioSource source = open(Wav.pcm16(16_000, new short[] {16384, -32768, 0}))) {
            assertThat(source.name()).isEqualTo("speech");
            assertThat(source.sampleRateHz()).isEqualTo(16_000);
            assertThat(read(source, 7)).containsExactly(0.5f, -1f, 0f, 0.5f, -1f, 0f, 0.5f);
            assertThat(read(source, 2)).containsExactly(-1f, 0f);
        }
    }

    @Test
    void a_recording_longer_than_the_buffer_loses_no_sample_at_its_seams() throws IOException {
        short[] samples = new short[10_001];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (short) i;
        }
        try (AudioSource source = open(Wav.pcm16(16_000, samples))) {
            float[] played = read(source, 25_000);
            for (int i = 0; i < played.length; i++) {
                assertThat(played[i]).isEqualTo(i % 10_001 / 32768f);
            }
        }
    }

    @Test
    void chunks_that_mean_nothing_to_us_are_passed_over() throws IOException {
        byte[] file = Wav.withChunkBeforeData(Wav.pcm16(16_000, new short[] {1, 2}), "LIST", new byte[3]);
        try (AudioSource source = open(file)) {
            assertThat(read(source, 2)).containsExactly(1 / 32768f, 2 / 32768f);
        }
    }

    @Test
    void what_cannot_be_played_is_refused_with_the_rule_and_the_value() throws IOException {
        byte[] sound = Wav.pcm16(16_000, new short[] {1, 2, 3, 4});
        assertRefused(new byte[0], "is cut off at byte 0");
        assertRefused("ID3 this is an MP3 file".getBytes(java.nio.charset.StandardCharsets.UTF_8), "is not a WAV file");
        assertRefused(Wav.patched(sound, 20, 3), "must hold PCM (1), it holds encoding 3");
        assertRefused(Wav.patched(sound, 22, 2), "must be mono, it has 2 channels");
        assertRefused(Wav.patched(sound, 34, 8), "must have 16 bits a sample, it has 8");
        assertRefused(Wav.patchedInt(sound, 24, 0), "it states 0");
        assertRefused(Wav.patchedInt(sound, 16, 4), "its format takes 4 bytes");
        assertRefused(Wav.patchedInt(sound, 40, 0), "holds no samples");
        assertRefused(Wav.patchedInt(sound, 40, 1 << 20), "is cut off: it states 1048576 bytes of data and has 8");
        assertRefused(Wav.patchedInt(sound, 40, -2), "is cut off");
        assertRefused(Arrays.copyOf(sound, 30), "is cut off at byte 30");
        assertRefused(Wav.patchedInt(sound, 12, 0x4b4e554a), "states no format before its data");
        assertRefused(Wav.patchedInt(sound, 36, 0x4b4e554a), "is cut off at byte");
    }

    @Test
    void a_file_that_is_not_there_is_refused() {
        assertThatThrownBy(() ->
                        ReplaySource.open("speech", folder.resolve("none.wav").toString()))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("there is no file");
        assertThatThrownBy(() -> ReplaySource.open("speech", " ")).isInstanceOf(SourceException.class);
    }

    @Test
    void a_file_that_shrinks_while_it_is_played_is_an_error_and_not_silence() throws IOException {
        short[] samples = new short[20_000];
        Path path = Files.write(folder.resolve("a.wav"), Wav.pcm16(16_000, samples));
        try (AudioSource source = (AudioSource) ReplaySource.open("speech", path.toString())) {
            read(source, 100);
            Files.write(path, new byte[50]);
            assertThatThrownBy(() -> read(source, 20_000))
                    .isInstanceOf(SourceException.class)
                    .hasMessageContaining("became shorter");
        }
    }

    @Test
    void silence_is_silent_and_noise_is_the_same_noise_each_time() throws IOException {
        assertThat(read((AudioSource) ReplaySource.open("a", "silence"), 1000)).containsOnly(0f);
        float[] noise = read((AudioSource) ReplaySource.open("a", "noise"), 16_000);
        assertThat(read((AudioSource) ReplaySource.open("b", "noise"), 16_000)).isEqualTo(noise);
        double power = 0;
        for (float sample : noise) {
            assertThat(Math.abs(sample)).isLessThanOrEqualTo(0.04f);
            power += sample * sample;
        }
        assertThat(Math.sqrt(power / noise.length)).isCloseTo(0.04 / Math.sqrt(3), within(0.001));
    }

    private AudioSource open(byte[] file) throws IOException {
        return (AudioSource) ReplaySource.open(
                "speech", Files.write(folder.resolve("speech.wav"), file).toString());
    }

    private void assertRefused(byte[] file, String part) {
        assertThatThrownBy(() -> open(file).close())
                .isInstanceOf(SourceException.class)
                .hasMessageContaining(part);
    }

    private static float[] read(AudioSource source, int samples) throws IOException {
        Tensor target = Tensor.zeros("x", ElementType.FLOAT32, samples);
        source.read(target, 0, samples);
        float[] read = new float[samples];
        for (int i = 0; i < samples; i++) {
            read[i] = target.floatAt(i);
        }
        return read;
    }
}
