package io.tinyfleet.agent.install;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.fixture.SmallFleet;
import io.tinyfleet.agent.fixture.SmallFleet.Published;
import io.tinyfleet.agent.reconcile.AgentState;
import io.tinyfleet.agent.reconcile.Counters;
import io.tinyfleet.agent.reconcile.Install;
import io.tinyfleet.agent.reconcile.Installed;
import io.tinyfleet.agent.reconcile.Offer;
import io.tinyfleet.agent.reconcile.Served;
import io.tinyfleet.agent.reconcile.SlotState;
import io.tinyfleet.agent.reconcile.Starts;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.Shadow;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the disk holds of a slot's shadow is what was put there. */
class ShadowStateTest {
    private static final SlotName VAD = new SlotName("vad");

    private final SmallFleet fleet = new SmallFleet();
    private final Published v1 = fleet.publish("1.0.0", 300);
    private final Published v2 = fleet.publish("2.0.0", 400);

    @TempDir
    Path folder;

    private static Installed installed(Published published, int attempt) {
        return new Installed(
                published.artifact(),
                ReleaseId.fromBytes(published.release().getReleaseId()),
                "vad",
                published.release().getVersion(),
                published.variant(),
                new AttemptId(new UUID(1, attempt)),
                true,
                0);
    }

    @Test
    void every_stage_of_a_shadow_is_read_as_it_was_stored() throws Exception {
        DesiredSlot wanted = fleet.offer(v2)
                .setShadow(Shadow.newBuilder().setShare(0.5).setMaxInputs(10))
                .build();
        Offer offer = Offer.of(wanted);
        Installed candidate = installed(v2, 2);
        Served served = new Served(61_000, 400);
        Counters counters = Counters.NONE.ofTotal(400);
        List<Install> stages = List.of(
                new Install.Accepted(offer),
                new Install.Downloading(offer, candidate, counters, Set.of(v1.artifact()), 7),
                new Install.Verified(offer, candidate, counters, 1),
                new Install.Shadowing(offer, candidate, counters, served, served),
                new Install.Shadowed(offer, candidate, counters, served, "bound-reached", "400 inputs were compared"),
                new Install.Shadowed(offer, candidate, counters, served, "removed", ""),
                new Install.Failed(offer, counters, "too-slow", "it dropped nine of ten"),
                new Install.Rejected(offer, "not-enough-ram", "needs 90 MB"));
        AgentHome home = new AgentHome(folder);
        NioDisk disk = new NioDisk();
        home.create(disk);
        SlotState slot = SlotState.stored(VAD, installed(v1, 1), null, new Install.Untried(), Starts.NONE);
        for (Install stage : stages) {
            SlotState shadow = slot.shadowed(stage, new Starts(2, 0, 0));
            AgentState fresh = AgentState.fresh();
            AgentState state = new AgentState(
                    3,
                    null,
                    Instant.EPOCH,
                    Map.of(VAD, slot),
                    Map.of(VAD, shadow),
                    Set.of(),
                    fresh.trust(),
                    false,
                    fresh.pace());

            new StateFile(disk, home).write(state.durable());

            assertThat(new StateFile(disk, home).read()).as(stage.toString()).isEqualTo(state.durable());
        }
    }
}
