package io.tinyfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.board.Board;
import io.tinyfleet.agent.clock.Uptime;
import io.tinyfleet.agent.enrol.Identity;
import io.tinyfleet.agent.enrol.LinkAuthorities;
import io.tinyfleet.agent.fixture.Await;
import io.tinyfleet.agent.fixture.SmallFleet;
import io.tinyfleet.agent.fixture.SmallFleet.Published;
import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.install.ModelStore;
import io.tinyfleet.agent.install.NioDisk;
import io.tinyfleet.agent.link.Link;
import io.tinyfleet.agent.link.LinkEvent;
import io.tinyfleet.agent.link.LinkSettings;
import io.tinyfleet.agent.link.Mosquitto;
import io.tinyfleet.agent.link.PahoLink;
import io.tinyfleet.agent.outbox.Outbox;
import io.tinyfleet.agent.outbox.OutboxLimits;
import io.tinyfleet.agent.reconcile.Event;
import io.tinyfleet.protocol.InLeaf;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.PresenceKind;
import io.tinyfleet.protocol.v1.Probation;
import io.tinyfleet.protocol.v1.Window;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole agent but for its workers, over a real broker and on a real disk. Skipped where no broker is installed. */
class WholeAgentTest {
    @TempDir
    Path folder;

    private @Nullable Mosquitto brokerOrNone;
    private @Nullable StandInServer serverOrNone;
    private @Nullable Running agentOrNone;

    /** One life of the agent. */
    private static final class Running {
        private final AgentLoop loop;
        private final Thread thread;
        private @Nullable StandInModels models;

        Running(Path home, SmallFleet fleet, String url) throws IOException {
            NioDisk disk = new NioDisk();
            AgentHome agentHome = new AgentHome(home);
            agentHome.create(disk);
            Identity identity = new Identity(
                    SmallFleet.DEVICE,
                    "generic-x86_64",
                    "REAL",
                    new Identity.Broker(url, "dev-7", "secret", LinkAuthorities.NONE),
                    fleet.root());
            Clocks clocks = new Clocks(InstantSource.fixed(SmallFleet.ISSUED), Uptime.fromNow(), () -> false);
            Edge.Parts parts = new Edge.Parts(
                    agentHome,
                    disk,
                    identity,
                    ModelStore.open(disk, agentHome),
                    Board.ofThisMachine(),
                    clocks,
                    Map.of());
            Outbox outbox = Outbox.open(disk, agentHome.outbox(), OutboxLimits.DEFAULT);
            loop = new AgentLoop(parts, outbox, "test", new AgentLoop.Neighbours() {
                @Override
                public Link link(Predicate<LinkEvent> sink, Uplink.Presences presences) {
                    LinkSettings settings = new LinkSettings(
                            url,
                            List.of(),
                            identity.device(),
                            "dev-7",
                            "secret",
                            LinkSettings.KEEP_ALIVE,
                            LinkSettings.SESSION_EXPIRY);
                    return new PahoLink(settings, presences::earliestNow, presences::will, sink, new Random(7));
                }

                @Override
                public Models models(Consumer<Event> answers, Consumer<Window> windows) {
                    models = new StandInModels(answers);
                    return models;
                }
            });
            thread = new Thread(loop::run, "agent-under-test");
            thread.start();
        }

        void stop() throws InterruptedException {
            loop.stop();
            thread.join(20_000);
            assertThat(thread.isAlive()).isFalse();
        }
    }

    @BeforeEach
    void start() throws Exception {
        Assumptions.assumeTrue(Mosquitto.findInstalled().isPresent(), "no mosquitto on this machine");
        Files.createDirectories(folder.resolve("broker"));
        brokerOrNone = Mosquitto.start(folder.resolve("broker"));
        serverOrNone = new StandInServer(broker().url());
        agentOrNone = new Running(folder.resolve("home"), server().fleet, broker().url());
        Await.until(() -> "hello", () -> server().hasHeard(PresenceKind.HELLO));
    }

    @AfterEach
    void stop() throws Exception {
        if (agentOrNone != null) {
            agentOrNone.stop();
        }
        if (serverOrNone != null) {
            serverOrNone.close();
        }
        if (brokerOrNone != null) {
            brokerOrNone.close();
        }
    }

    private Mosquitto broker() {
        return Objects.requireNonNull(brokerOrNone);
    }

    private StandInServer server() {
        return Objects.requireNonNull(serverOrNone);
    }

    private void offer(Published published) {
        server().send(
                        InLeaf.DESIRED,
                        server().fleet
                                .sign(server().fleet
                                        .desired(server().fleet
                                                .offer(published)
                                                .setProbation(Probation.newBuilder()
                                                        .setRunningSeconds(1)
                                                        .setMinInferences(1)))));
    }

    @Test
    void an_offer_over_the_wire_becomes_a_confirmed_model_on_disk() throws Exception {
        Published v1 = server().fleet.publish("1.0.0", 2_000_000);

        offer(v1);
        Await.until(() -> "healthy: " + server().attempts, () -> server().hasReported(Phase.HEALTHY));

        assertThat(new NioDisk()
                        .read(new AgentHome(folder.resolve("home")).model(v1.artifact()))
                        .orElseThrow())
                .isEqualTo(v1.model());
        assertThat(server().lastAttempt().getChunksWritten())
                .isEqualTo(v1.chunks().count());
        assertThat(server().lastAttempt().getChunksRepeated()).isZero();
        assertThat(server().chunksSent.get()).isEqualTo(v1.chunks().count() + 3);
    }

    private void offerToAll(Published published) {
        DesiredSlot.Builder slot = server().fleet.offer(published);
        slot.setEncodings(0, slot.getEncodings(0).toBuilder().setSharedOffered(true))
                .setProbation(Probation.newBuilder().setRunningSeconds(1).setMinInferences(1));
        server().send(InLeaf.DESIRED, server().fleet.sign(server().fleet.desired(slot)));
    }

    @Test
    void a_model_on_offer_to_all_comes_over_its_shared_topic() {
        Published v1 = server().fleet.publish("1.0.0", 2_000_000);

        offerToAll(v1);
        Await.until(() -> "healthy: " + server().attempts, () -> server().hasReported(Phase.HEALTHY));

        assertThat(server().sharedChunksSent.get()).isEqualTo(v1.chunks().count());
        assertThat(server().lastAttempt().getChunksRepeated()).isZero();
    }

    @Test
    void a_broker_that_dies_in_a_shared_download_costs_no_written_chunk() throws Exception {
        Published v1 = server().fleet.publish("1.0.0", 2_000_000);
        server().answersOnly = 15;
        offerToAll(v1);
        Await.until(() -> "15 chunks", () -> server().chunksSent.get() == 15);

        broker().kill();
        broker().restart();
        SmallFleet fleet = server().fleet;
        server().close();
        StandInServer second = new StandInServer(broker().url(), fleet);
        serverOrNone = second;
        Await.until(() -> "healthy: " + second.attempts, () -> second.hasReported(Phase.HEALTHY));

        assertThat(second.sharedChunksSent.get()).isPositive();
        assertThat(second.lastAttempt().getChunksRepeated()).isZero();
        assertThat(second.lastAttempt().getChunksWritten())
                .isEqualTo(v1.chunks().count());
    }

    @Test
    void a_document_signed_by_another_role_is_an_event_and_nothing_more() {
        Published v1 = server().fleet.publish("1.0.0", 100_000);

        server().send(
                        InLeaf.DESIRED,
                        server().fleet
                                .signWithReleaseKey(
                                        server().fleet.desired(server().fleet.offer(v1))));
        Await.until(() -> "refused", () -> server().hasEvent("desired-refused"));

        assertThat(server().attempts).isEmpty();
        assertThat(server().events.get(0).getDetail()).startsWith("threshold-not-met");
    }

    @Test
    void another_device_s_document_is_refused() {
        Published v1 = server().fleet.publish("1.0.0", 100_000);

        server().send(
                        InLeaf.DESIRED,
                        server().fleet
                                .sign(server().fleet.desired(server().fleet.offer(v1)).toBuilder()
                                        .setDeviceId("dev-8")
                                        .build()));
        Await.until(() -> "refused", () -> server().hasEvent("desired-refused"));

        assertThat(server().events.get(0).getDetail()).startsWith("wrong-device");
    }

    @Test
    void a_message_that_is_not_protobuf_is_refused_with_a_sentence() {
        server().send(InLeaf.BLOB, new byte[] {7, 7, 7});

        Await.until(() -> "refused", () -> server().hasEvent("message-refused"));

        assertThat(server().events.get(0).getDetail()).startsWith("not-protobuf: in/blob");
    }

    @Test
    void a_poisoned_chunk_is_refused_and_fetched_again() {
        Published v1 = server().fleet.publish("1.0.0", 500_000);
        server().chunksToSpoil.add(3);

        offer(v1);
        Await.until(() -> "healthy: " + server().attempts, () -> server().hasReported(Phase.HEALTHY));

        assertThat(server().hasEvent("chunk-refused")).isTrue();
        assertThat(server().lastAttempt().getChunksRefused()).isEqualTo(1);
        assertThat(server().lastAttempt().getChunksRepeated()).isZero();
    }

    @Test
    void a_broker_that_dies_in_the_download_costs_no_written_chunk() throws Exception {
        Published v1 = server().fleet.publish("1.0.0", 2_000_000);
        server().answersOnly = 15;
        offer(v1);
        Await.until(() -> "15 chunks", () -> server().chunksSent.get() == 15);

        broker().kill();
        broker().restart();
        SmallFleet fleet = server().fleet;
        server().close();
        StandInServer second = new StandInServer(broker().url(), fleet);
        serverOrNone = second;
        Await.until(() -> "healthy: " + second.attempts, () -> second.hasReported(Phase.HEALTHY));

        assertThat(second.lastAttempt().getChunksRepeated()).isZero();
        assertThat(second.lastAttempt().getChunksWritten())
                .isEqualTo(v1.chunks().count());
    }

    @Test
    void what_nobody_acknowledged_goes_again_from_the_next_life_of_the_agent() throws Exception {
        server().acknowledges = false;
        Published v1 = server().fleet.publish("1.0.0", 100_000);
        offer(v1);
        Await.until(() -> "healthy", () -> server().hasReported(Phase.HEALTHY));
        Objects.requireNonNull(agentOrNone).stop();
        assertThat(server().hasHeard(PresenceKind.GOODBYE)).isTrue();
        server().attempts.clear();
        server().acknowledges = true;

        agentOrNone = new Running(folder.resolve("home"), server().fleet, broker().url());
        Await.until(() -> "reported again", () -> server().hasReported(Phase.DOWNLOADING));

        assertThat(server().presences.get(server().presences.size() - 1).getBootCounter())
                .isEqualTo(2);
        assertThat(server().presences.get(server().presences.size() - 1).getDesiredSeq())
                .isEqualTo(1);
    }
}
