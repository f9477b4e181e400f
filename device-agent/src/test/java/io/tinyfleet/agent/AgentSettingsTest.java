package io.tinyfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.agent.serve.Pace;
import io.tinyfleet.protocol.SlotName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentSettingsTest {
    @TempDir
    Path folder;

    private AgentSettings read(String... lines) throws IOException, SettingsFile.SettingsException {
        Files.write(folder.resolve("agent.properties"), List.of(lines));
        return AgentSettings.read(new AgentHome(folder));
    }

    @Test
    void without_a_file_there_are_defaults_and_no_slots() throws Exception {
        AgentSettings settings = AgentSettings.read(new AgentHome(folder));

        assertThat(settings.slots()).isEmpty();
        assertThat(settings.windowInterval()).isEqualTo(Duration.ofMinutes(5));
        assertThat(settings.javaCommand()).hasSize(1);
        assertThat(settings.logLevel()).isEqualTo(EventLog.Level.INFO);
    }

    @Test
    void slots_windows_and_the_worker_s_command_are_read() throws Exception {
        Files.createFile(folder.resolve("speech.wav"));

        AgentSettings settings = read(
                "slot.vad.source=replay",
                "slot.vad.replay.input=speech.wav",
                "slot.vad.replay.name=speech",
                "slot.vad.replay.pace=fast",
                "telemetry.window-seconds=10",
                "java.command=qemu-aarch64 -cpu cortex-a72 java");

        assertThat(settings.slots())
                .isEqualTo(Map.of(
                        new SlotName("vad"),
                        new SlotSettings(folder.resolve("speech.wav").toString(), "speech", Pace.FAST)));
        assertThat(settings.windowInterval()).isEqualTo(Duration.ofSeconds(10));
        assertThat(settings.javaCommand()).containsExactly("qemu-aarch64", "-cpu", "cortex-a72", "java");
    }

    @Test
    void all_problems_are_told_at_once() {
        assertThatThrownBy(() -> read(
                        "slot.vad.source=microphone",
                        "slot.vad.replay.input=missing.wav",
                        "slot.vad.replay.pace=slow",
                        "slot.VAD!.source=replay",
                        "telemetry.window-seconds=0",
                        "outbox.max-megabytes=many",
                        "log.level=loud",
                        "api.port=70000",
                        "colour=blue"))
                .isInstanceOf(SettingsFile.SettingsException.class)
                .hasMessageContaining("slot.vad.source must be replay or none, got \"microphone\"")
                .hasMessageContaining("there is no readable file " + folder.resolve("missing.wav"))
                .hasMessageContaining("slot.vad.replay.pace must be realtime or fast, got \"slow\"")
                .hasMessageContaining("a slot's name must match [a-z0-9-]{1,32}")
                .hasMessageContaining("telemetry.window-seconds must be 1..3600, got \"0\"")
                .hasMessageContaining("outbox.max-megabytes must be 1..1024, got \"many\"")
                .hasMessageContaining("log.level must be debug, info, warn or error, got \"loud\"")
                .hasMessageContaining("api.port must be off or 1..65535, got \"70000\"")
                .hasMessageContaining("colour is no setting of the agent");
    }

    @Test
    void the_local_api_is_off_until_it_gets_a_port_and_a_slot_may_have_no_input() throws Exception {
        assertThat(read().apiPort()).isEmpty();
        AgentSettings settings = read("api.port=8090", "slot.faces.source=none");
        assertThat(settings.apiPort()).hasValue(8090);
        assertThat(settings.slots()).containsOnlyKeys(new SlotName("faces"));
    }

    @Test
    void a_slip_of_the_pen_gets_the_nearest_setting_that_is_not_there() {
        assertThatThrownBy(() -> read(
                        "telemetry.windowseconds=10",
                        "slot.vad.source=replay",
                        "slot.vad.replay.imput=noise",
                        "log.level=info",
                        "log.levels=info"))
                .hasMessageContaining("telemetry.windowseconds is no setting of the agent; did you mean"
                        + " telemetry.window-seconds?")
                .hasMessageContaining(
                        "slot.vad.replay.imput is no setting of the agent; did you mean" + " slot.vad.replay.input?")
                .hasMessageContaining("log.levels is no setting of the agent")
                .hasMessageNotContaining("did you mean log.level?");
    }

    @Test
    void a_slot_without_input_is_a_problem() {
        assertThatThrownBy(() -> read("slot.vad.source=replay"))
                .hasMessageContaining(
                        "slot.vad.replay.input must be silence, noise or the path of a WAV file, got nothing");
    }

    @Test
    void a_broken_escape_is_a_problem_and_no_crash() {
        assertThatThrownBy(() -> read("slot.vad.source=\\u12")).isInstanceOf(SettingsFile.SettingsException.class);
    }
}
