package io.tinyfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.board.Board;
import io.tinyfleet.agent.clock.Uptime;
import io.tinyfleet.agent.enrol.Identity;
import io.tinyfleet.agent.fixture.Await;
import io.tinyfleet.agent.fixture.FactoryFolders;
import io.tinyfleet.agent.fixture.SmallFleet;
import io.tinyfleet.agent.fixture.SmallFleet.Published;
import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.install.ModelStore;
import io.tinyfleet.agent.install.NioDisk;
import io.tinyfleet.agent.outbox.Outbox;
import io.tinyfleet.agent.outbox.OutboxLimits;
import io.tinyfleet.agent.runtime.Models;
import io.tinyfleet.agent.runtime.RealModels;
import io.tinyfleet.protocol.v1.ModelFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** A device's first start, before anybody has enrolled it: the real agent but for its main method, a real worker. */
@EnabledIfSystemProperty(named = RealModels.PROPERTY, matches = ".+")
class FactoryRunTest {
    @TempDir
    Path folder;

    private final SmallFleet fleet = new SmallFleet();
    private Published image;

    @BeforeEach
    void write() throws IOException {
        image = fleet.publishFile(
                "0.9.0",
                Files.readAllBytes(RealModels.sileroV6()),
                variant -> variant.setTarget(variant.getTarget().toBuilder().setFormat(ModelFormat.ONNX))
                        .setPipeline(Models.sileroPipeline()));
        FactoryFolders.write(folder.resolve("image"), fleet, image);
        Files.createDirectories(folder.resolve("home"));
        Files.writeString(folder.resolve("home/agent.properties"), """
                slot.vad.source=replay
                slot.vad.replay.input=noise
                slot.vad.replay.pace=fast
                slot.vad.results.file=results
                slot.vad.factory=../image
                """);
    }

    private void run(Check check) throws Exception {
        NioDisk disk = new NioDisk();
        AgentHome home = new AgentHome(folder.resolve("home"));
        home.create(disk);
        AgentSettings settings = AgentSettings.read(home);
        Identity identity = Identity.notEnrolled(
                new FactoryModels(disk, settings).findRoot().orElseThrow(), "generic-x86_64");
        Clocks clocks = new Clocks(InstantSource.fixed(Instant.EPOCH), Uptime.fromNow(), () -> false);
        ModelStore store = ModelStore.open(disk, home);
        try (Neighbourhood neighbours = Neighbourhood.of(home, settings, identity, clocks, store)) {
            Edge.Parts parts =
                    new Edge.Parts(home, disk, identity, store, Board.ofThisMachine(), clocks, settings.sources());
            Outbox outbox = Outbox.open(disk, home.outbox(), OutboxLimits.DEFAULT);
            AgentLoop loop = new AgentLoop(parts, outbox, "test", neighbours);
            Thread thread = new Thread(loop::run, "agent-under-test");
            thread.start();
            try {
                check.of(loop);
            } finally {
                loop.stop();
                thread.join(20_000);
            }
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface Check {
        void of(AgentLoop loop) throws Exception;
    }

    @Test
    void the_factory_model_answers_without_network_server_or_clock() throws Exception {
        Path results = folder.resolve("home/results");
        run(loop -> {
            Await.until(
                    () -> "results: " + StatusReport.text(loop.status()),
                    () -> lines(results).size() >= 20);
            assertThat(lines(results).get(0)).contains("\"version\":\"0.9.0\"");
            assertThat(StatusReport.text(loop.status()))
                    .contains("NOT ENROLLED")
                    .contains("vad 0.9.0")
                    .contains("of this device's image");
        });
        assertThat(FactoryFolders.file(folder.resolve("image"), image)).hasBinaryContent(image.model());
        assertThat(folder.resolve("home/models")).isEmptyDirectory();
    }

    @Test
    void a_rotten_one_leaves_the_slot_empty_and_status_and_doctor_say_why() throws Exception {
        Path file = FactoryFolders.file(folder.resolve("image"), image);
        byte[] rotten = image.model().clone();
        rotten[1000] ^= 1;
        Files.write(file, rotten);
        run(loop -> Await.until(
                () -> "the refusal: " + StatusReport.text(loop.status()),
                () -> StatusReport.text(loop.status()).contains("UNUSABLE: model-spoiled")));

        List<Finding> findings =
                new FactoryModels(new NioDisk(), AgentSettings.read(new AgentHome(folder.resolve("home")))).check();
        assertThat(findings).singleElement().satisfies(finding -> {
            assertThat(finding.grade()).isEqualTo(Finding.Grade.FAIL);
            assertThat(finding.found()).contains("no longer has its hash");
            assertThat(Objects.requireNonNull(finding.todo())).contains("tinyfleet release export");
        });
    }

    @Test
    void a_fleet_whose_keys_have_changed_is_told_about_an_old_factory_model() throws Exception {
        FactoryModels factories =
                new FactoryModels(new NioDisk(), AgentSettings.read(new AgentHome(folder.resolve("home"))));

        assertThat(factories.compare(fleet.root())).isEmpty();
        assertThat(factories.compare(new SmallFleet().root()))
                .singleElement()
                .satisfies(finding -> assertThat(finding.found()).contains("would run all the same"));
    }
}
