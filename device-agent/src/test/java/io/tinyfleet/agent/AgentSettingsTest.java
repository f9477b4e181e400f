package io.tinyfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.agent.serve.FrameFormat;
import io.tinyfleet.agent.serve.Pace;
import io.tinyfleet.agent.serve.WatchedFolder;
import io.tinyfleet.protocol.SlotName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
                        new SlotSettings(
                                "speech",
                                Pace.FAST,
                                new SlotSettings.Replay(
                                        folder.resolve("speech.wav").toString()),
                                new SlotSettings.Results(null, 1 << 20, null, null),
                                null)));
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
                .hasMessageContaining("slot.vad.source must be replay, exec, folder, mqtt or none, got \"microphone\"")
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
    void live_sources_and_places_for_results_are_read() throws Exception {
        SlotSettings cam = slot(
                "cam",
                "slot.cam.source=exec",
                "slot.cam.exec.command=rpicam-vid --codec yuv420 -o -",
                "slot.cam.format=rgb24",
                "slot.cam.width=640",
                "slot.cam.height=480",
                "slot.cam.stall-seconds=3",
                "slot.cam.results.file=faces.jsonl",
                "slot.cam.results.http=http://127.0.0.1:9000/faces",
                "slot.cam.results.mqtt.topic=home/faces");
        assertThat(cam.input())
                .isEqualTo(new SlotSettings.Exec(
                        List.of("rpicam-vid", "--codec", "yuv420", "-o", "-"),
                        new FrameFormat(FrameFormat.Kind.RGB24, 0, 640, 480),
                        Duration.ofSeconds(3)));
        assertThat(cam.results().file()).isEqualTo(folder.resolve("faces.jsonl"));
        assertThat(cam.results().topic()).isEqualTo(new SlotSettings.Topic("tcp://127.0.0.1:1883", "home/faces"));
        SlotSettings air = slot("air", "slot.air.source=mqtt", "slot.air.mqtt.topic=home/air", "slot.air.format=csv");
        assertThat(air.input())
                .isEqualTo(new SlotSettings.Heard(
                        new SlotSettings.Topic("tcp://127.0.0.1:1883", "home/air"),
                        new FrameFormat(FrameFormat.Kind.CSV, 0, 0, 0),
                        Duration.ofSeconds(10)));
    }

    @Test
    void what_a_live_source_lacks_is_told_at_once() {
        assertThatThrownBy(() -> read(
                        "slot.a.source=exec",
                        "slot.a.format=image",
                        "slot.b.source=mqtt",
                        "slot.b.format=grey8",
                        "slot.b.width=9999",
                        "slot.b.mqtt.url=http://x",
                        "slot.b.mqtt.topic=a/#",
                        "slot.b.results.http=ftp://x",
                        "slot.c.source=exec",
                        "slot.c.exec.command=cat",
                        "slot.c.format=pcm16"))
                .hasMessageContaining("slot.a.exec.command must be a command and its arguments, got nothing")
                .hasMessageContaining("slot.a.format must be pcm16, rgb24, grey8 or csv, got \"image\"")
                .hasMessageContaining("slot.b.width must be 1..4096, got \"9999\"")
                .hasMessageContaining("slot.b.height must be 1..4096 with this format, got nothing")
                .hasMessageContaining("slot.b.mqtt.url must be such as tcp://127.0.0.1:1883, got \"http://x\"")
                .hasMessageContaining("slot.b.mqtt.topic must be a topic without # and +, got \"a/#\"")
                .hasMessageContaining("slot.b.results.http must be an http or https address, got \"ftp://x\"")
                .hasMessageContaining("slot.c.rate-hz must be 1..384000 with this format, got nothing");
    }

    @Test
    void a_watched_folder_and_a_factory_model_are_read() throws Exception {
        Files.createDirectory(folder.resolve("camera"));

        SlotSettings faces = slot(
                "faces",
                "slot.faces.source=folder",
                "slot.faces.folder.path=camera",
                "slot.faces.folder.after=delete",
                "slot.faces.folder.backlog=7",
                "slot.faces.stall-seconds=60",
                "slot.faces.factory=factory/faces");

        assertThat(faces.input())
                .isEqualTo(new SlotSettings.Watched(
                        new WatchedFolder.Settings(folder.resolve("camera"), true, 7, Duration.ofSeconds(60))));
        assertThat(faces.factory()).isEqualTo(folder.resolve("factory/faces"));
    }

    @Test
    void what_a_watched_folder_or_a_factory_model_lacks_is_told_at_once() {
        assertThatThrownBy(() -> read(
                        "slot.a.source=folder",
                        "slot.b.source=folder",
                        "slot.b.folder.path=nowhere",
                        "slot.b.folder.after=burn",
                        "slot.b.folder.backlog=0",
                        "slot.b.factory=models/x"))
                .hasMessageContaining("slot.a.folder.path must be the folder that pictures come to, got nothing")
                .hasMessageContaining("slot.b.folder.path: there is no folder")
                .hasMessageContaining("slot.b.folder.after must be keep or delete, got \"burn\"")
                .hasMessageContaining("slot.b.folder.backlog must be 1..10000, got \"0\"")
                .hasMessageContaining("slot.b.factory must not lie in models/ or blobs/");
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
                        "slot.vad.replay.input must be silence, noise, or the path of a WAV file, a CSV file or a folder"
                                + " of pictures, got nothing");
    }

    @Test
    void a_broken_escape_is_a_problem_and_no_crash() {
        assertThatThrownBy(() -> read("slot.vad.source=\\u12")).isInstanceOf(SettingsFile.SettingsException.class);
    }

    private SlotSettings slot(String name, String... lines) throws Exception {
        return Objects.requireNonNull(read(lines).slots().get(new SlotName(name)));
    }
}
