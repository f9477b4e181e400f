package io.tinyfleet.agent.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.board.SysRoot;
import io.tinyfleet.agent.power.EnergyMeters;
import io.tinyfleet.agent.runtime.ModelFile;
import io.tinyfleet.agent.runtime.Models;
import io.tinyfleet.agent.runtime.ProcessModelHost;
import io.tinyfleet.agent.runtime.RealModels;
import io.tinyfleet.agent.runtime.WorkerSettings;
import io.tinyfleet.agent.telemetry.WindowRecorder;
import io.tinyfleet.agent.telemetry.WindowSurroundings;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Pipeline;
import io.tinyfleet.protocol.v1.Window;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two slots of one agent, two runtimes: MediaPipe's face detector (TensorFlow Lite) on pictures and Silero (ONNX
 * Runtime) on sound, both through their declared pipelines and real workers. The pictures are those of Debian's
 * python3-skimage, fetched by deploy/scripts/fetch-pictures.
 */
@EnabledIfSystemProperty(named = RealModels.PROPERTY, matches = ".+")
@EnabledIfSystemProperty(named = FaceDetectionTest.PICTURES, matches = ".+")
class FaceDetectionTest {

    static final String PICTURES = "tinyfleet.pictures";

    private static final Pattern BOX = Pattern.compile(
            "\"score\":([0-9.]+),\"label\":\"face\",\"x\":([-0-9.]+),\"y\":([-0-9.]+),\"width\":([0-9.]+)");

    @TempDir
    Path home;

    private ProcessModelHost host;
    private final List<Window> windows = new CopyOnWriteArrayList<>();
    private final List<ServedSlot> slots = new ArrayList<>();

    @BeforeEach
    void open() throws Exception {
        host = ProcessModelHost.at(home, WorkerSettings.DEFAULT, SysRoot.MACHINE);
    }

    @AfterEach
    void close() {
        slots.forEach(ServedSlot::close);
        host.close();
    }

    @Test
    void a_face_is_found_on_a_portrait_and_speech_in_speech_at_the_same_time() throws Exception {
        List<String> portrait = serve("faces", pictures("astronaut.png"), face(), FacePipeline.pipeline());
        List<String> speech = serve(
                "vad",
                ReplaySource.open("speech", "../fleet-e2e/src/main/resources/audio/speech-16k.wav"),
                silero(),
                Models.sileroPipeline());
        await(portrait, 20);
        await(speech, 400);
        assertThat(slots).extracting(slot -> slot.health().state()).containsOnly(SlotHealth.State.SERVING);
        assertThat(portrait).allSatisfy(line -> {
            Matcher box = BOX.matcher(line);
            assertThat(box.find()).as(line).isTrue();
            assertThat(Double.parseDouble(box.group(1))).isGreaterThan(0.9);
            // The face of the portrait: its middle is at about 0.44 and 0.23 of the picture's sides.
            double width = Double.parseDouble(box.group(4));
            assertThat(Double.parseDouble(box.group(2)) + width / 2).isBetween(0.38, 0.5);
            assertThat(Double.parseDouble(box.group(3)) + width / 2).isBetween(0.15, 0.32);
            assertThat(box.find()).as("one face: " + line).isFalse();
        });
        long over =
                speech.stream().filter(line -> line.contains("\"over\":true")).count();
        assertThat(over * 1.0 / speech.size()).isGreaterThan(0.7);
        slots.forEach(ServedSlot::close);
        assertThat(windows).extracting(Window::getSlot).contains("faces", "vad");
        assertThat(windows)
                .allSatisfy(window -> assertThat(window.getFailedMap()).isEmpty());
    }

    @Test
    void no_face_is_found_on_a_cup_or_a_page_and_no_speech_in_silence() throws Exception {
        List<String> others = serve("faces", pictures("coffee.png", "page.png"), face(), FacePipeline.pipeline());
        List<String> silence = serve("vad", ReplaySource.open("quiet", "silence"), silero(), Models.sileroPipeline());
        await(others, 20);
        await(silence, 200);
        assertThat(others).allSatisfy(line -> assertThat(line).contains("\"boxes\":[]"));
        assertThat(silence).allSatisfy(line -> assertThat(line).contains("\"over\":false"));
    }

    private static Path face() {
        return RealModels.faceDetection();
    }

    private static Path silero() {
        return RealModels.sileroV6();
    }

    private Source pictures(String... names) throws Exception {
        Path folder = Files.createDirectories(home.resolve("pictures"));
        for (String name : names) {
            Files.copy(Path.of(System.getProperty(PICTURES)).resolve(name), folder.resolve(name));
        }
        return ReplaySource.open("pictures", folder.toString());
    }

    private List<String> serve(String name, Source source, Path model, Pipeline pipeline) throws Exception {
        WindowSurroundings surroundings = new WindowSurroundings(
                () -> Duration.ofNanos(System.nanoTime()),
                () -> Instant.EPOCH,
                () -> false,
                EnergyMeters.forHardware("generic-x86_64"));
        WindowRecorder recorder = new WindowRecorder(
                new SlotName(name), source.name(), Duration.ofMinutes(5), surroundings, windows::add);
        List<String> lines = new CopyOnWriteArrayList<>();
        Sink sink = new Sink() {
            @Override
            public void accept(String json) {
                lines.add(json);
            }

            @Override
            public void close() {}
        };
        ServedSlot slot = ServedSlot.start(
                new SlotName(name), new ServedSlot.Feed(source, Pace.FAST, List.of(sink)), Pacer.system(), recorder);
        slots.add(slot);
        ModelFormat format = model.toString().endsWith(".onnx") ? ModelFormat.ONNX : ModelFormat.TFLITE;
        ModelFile file = Models.of(model, format, pipeline);
        slot.activate(new ActiveModel(
                host.start(file), Installations.of(file.variant(), Digest.ofFile(model)), Phase.PROBATION));
        return lines;
    }

    private static void await(List<String> lines, int count) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (lines.size() < count) {
            assertThat(System.nanoTime()).as("%s results come in time", count).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }
}
