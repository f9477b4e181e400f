package io.tinyfleet.agent.install;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.fixture.LyingDisk;
import io.tinyfleet.agent.fixture.SmallFleet;
import io.tinyfleet.agent.fixture.SmallFleet.Published;
import io.tinyfleet.agent.reconcile.Install;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.EncodingKind;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Probation;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The device is cut off before every single change that an installation makes to its disk, is started again over what
 * is left, and must always come to run the new model, never half of one, and never nothing where something ran before.
 */
class PowerCutTest {
    private static final int MODEL_BYTES = 5 * Limits.CHUNK_BYTES + 100;

    /** One way of losing what was under way. */
    private enum Cut {
        KILL_9(false, LyingDisk::killProcess),
        POWER_CUT(false, LyingDisk::losePower),
        TORN_WRITE(true, LyingDisk::losePower),
        TORN_WRITE_AND_KILL(true, LyingDisk::killProcess);

        private final boolean tears;
        private final Consumer<LyingDisk> after;

        Cut(boolean tears, Consumer<LyingDisk> after) {
            this.tears = tears;
            this.after = after;
        }
    }

    private final SmallFleet fleet = new SmallFleet();
    private final Published v1 = fleet.publish("1.0.0", MODEL_BYTES);
    private Published v2 = fleet.publish("2.0.0", MODEL_BYTES);
    private final Desired wantsV1 = fleet.desired(offer(v1));
    private Desired wantsV2 = fleet.desired(offer(v2));

    private @Nullable LyingDisk onV1;

    private DesiredSlot.Builder offer(Published published) {
        return fleet.offer(published)
                .setProbation(Probation.newBuilder().setRunningSeconds(120).setMinInferences(10));
    }

    /** A device on which the first model is confirmed. */
    private LyingDisk deviceOnV1() throws IOException {
        LyingDisk before = onV1 == null ? installV1() : onV1;
        onV1 = before;
        return before.copy();
    }

    private LyingDisk installV1() throws IOException {
        LyingDisk disk = new LyingDisk();
        Rig rig = new Rig(disk, fleet, Rig.nothingSent());
        rig.start();
        rig.deliver(wantsV1);
        rig.serve(120);
        assertThat(rig.slot().install().phase()).isEqualTo(Phase.HEALTHY);
        return disk;
    }

    /** From start to the second model's confirmation. */
    private Rig upgrade(LyingDisk disk, List<Integer> sent) throws IOException {
        Rig rig = new Rig(disk, fleet, sent);
        rig.start();
        rig.deliver(wantsV2);
        for (int minute = 0; minute < 4; minute++) {
            rig.serve(60);
        }
        return rig;
    }

    private int changesOfAnUpgrade() throws IOException {
        LyingDisk disk = deviceOnV1();
        int before = disk.changes();
        upgrade(disk, Rig.nothingSent());
        return disk.changes() - before;
    }

    private void everyCutHeals(Cut cut) throws IOException {
        int changes = changesOfAnUpgrade();
        assertThat(changes).isGreaterThan(40);
        for (int at = 1; at <= changes; at++) {
            LyingDisk disk = deviceOnV1();
            List<Integer> sent = Rig.nothingSent();
            disk.cutBefore(at, cut.tears);
            boolean was = false;
            try {
                upgrade(disk, sent);
            } catch (LyingDisk.PowerCut e) {
                was = true;
            }
            assertThat(was).as("cut %s before change %d", cut, at).isTrue();
            cut.after.accept(disk);

            Rig rig = upgrade(disk, sent);

            healed(rig, cut, at);
            if (cut == Cut.KILL_9) {
                nothingFetchedTwice(rig, sent, at);
            }
        }
    }

    private void healed(Rig rig, Cut cut, int at) {
        String where = cut + " before change " + at;
        assertThat(rig.slot().install().phase()).as(where).isEqualTo(Phase.HEALTHY);
        assertThat(rig.loaded).as(where).isEqualTo(v2.artifact());
        assertThat(rig.disk).isInstanceOf(LyingDisk.class);
        Digest previous =
                rig.slot().previous() == null ? null : rig.slot().previous().artifact();
        assertThat(previous).as(where).isEqualTo(v1.artifact());
        assertThat(rig.state().penaltyBox()).as(where).isEmpty();
    }

    /** What was written stays written when only the process dies: at most the window under way is sent again. */
    private void nothingFetchedTwice(Rig rig, List<Integer> sent, int at) {
        Install install = rig.slot().install();
        assertThat(install.counters().chunksRepeated())
                .as("cut before change %d", at)
                .isZero();
        assertThat(sent.size())
                .as("cut before change %d", at)
                .isLessThanOrEqualTo(v2.chunks().count() + Limits.MAX_NEED_WINDOW);
        assertThat(new HashSet<>(sent)).hasSize(v2.chunks().count());
    }

    @Test
    void power_lost_before_every_change_while_a_delta_is_fetched_and_decoded() throws IOException {
        comesAs(EncodingKind.TD1);
        everyCutHeals(Cut.POWER_CUT);
    }

    @Test
    void power_lost_in_the_middle_of_every_write_of_a_decoded_delta() throws IOException {
        comesAs(EncodingKind.TD1);
        everyCutHeals(Cut.TORN_WRITE);
    }

    @Test
    void killed_in_the_middle_of_every_write_of_a_decompressed_model() throws IOException {
        comesAs(EncodingKind.ZSTD);
        everyCutHeals(Cut.TORN_WRITE_AND_KILL);
    }

    @Test
    void power_lost_before_every_change_while_a_model_is_decompressed() throws IOException {
        comesAs(EncodingKind.ZSTD);
        everyCutHeals(Cut.POWER_CUT);
    }

    /** The second model comes encoded. */
    private void comesAs(EncodingKind kind) throws IOException {
        Published compressible = fleet.publishCompressible("2.1.0", MODEL_BYTES);
        v2 = kind == EncodingKind.TD1 ? fleet.publishRetrained("2.2.0", v1) : compressible;
        wantsV2 = fleet.desired(offer(v2).addEncodings(kind == EncodingKind.TD1 ? fleet.td1(v1, v2) : fleet.zstd(v2)));
        Rig rig = upgrade(deviceOnV1(), Rig.nothingSent());
        assertThat(rig.slot().install().counters().encoding()).isEqualTo(kind);
        assertThat(rig.slot().install().counters().bytesOnWire()).isLessThan(MODEL_BYTES);
    }

    @Test
    void killed_before_every_change() throws IOException {
        everyCutHeals(Cut.KILL_9);
    }

    @Test
    void power_lost_before_every_change() throws IOException {
        everyCutHeals(Cut.POWER_CUT);
    }

    @Test
    void power_lost_in_the_middle_of_every_write() throws IOException {
        everyCutHeals(Cut.TORN_WRITE);
    }

    @Test
    void killed_in_the_middle_of_every_write() throws IOException {
        everyCutHeals(Cut.TORN_WRITE_AND_KILL);
    }

    @Test
    void five_cuts_in_one_download_still_write_every_chunk_once() throws IOException {
        LyingDisk disk = deviceOnV1();
        List<Integer> sent = Rig.nothingSent();
        for (int cut = 0; cut < 5; cut++) {
            disk.cutBefore(6 + cut, false);
            try {
                upgrade(disk, sent);
            } catch (LyingDisk.PowerCut e) {
                disk.killProcess();
            }
        }

        Rig rig = upgrade(disk, sent);

        assertThat(rig.slot().install().counters().chunksRepeated()).isZero();
        assertThat(rig.slot().install().counters().chunksWritten())
                .isEqualTo(v2.chunks().count());
    }

    @Test
    void chunks_that_a_power_cut_has_taken_are_fetched_again_and_counted() throws IOException {
        int changes = changesOfAnUpgrade();
        Set<Long> repeated = new HashSet<>();
        for (int at = 1; at <= changes; at++) {
            LyingDisk device = deviceOnV1();
            device.cutBefore(at, false);
            try {
                upgrade(device, Rig.nothingSent());
            } catch (LyingDisk.PowerCut e) {
                device.losePower();
            }
            Rig rig = upgrade(device, Rig.nothingSent());
            repeated.add(rig.slot().install().counters().chunksRepeated());
            assertThat(rig.slot().install().counters().chunksWritten())
                    .isLessThanOrEqualTo(v2.chunks().count()
                            + rig.slot().install().counters().chunksRepeated());
        }
        assertThat(repeated).contains(0L);
    }

    @Test
    void a_disk_that_is_full_at_any_step_is_said_and_the_old_model_goes_on() throws IOException {
        int changes = changesOfAnUpgrade();
        Set<String> ends = new HashSet<>();
        for (int writes = 0; writes < changes; writes++) {
            LyingDisk disk = deviceOnV1();
            Rig rig = new Rig(disk, fleet, Rig.nothingSent());
            rig.start();
            disk.fillAfter(writes);
            try {
                rig.deliver(wantsV2);
                rig.serve(120);
            } catch (IOException e) {
                // The state itself could not be stored: the step was not taken, and is tried again later.
                assertThat(e).hasMessageContaining("No space");
            }
            assertThat(rig.loaded).as("full after %d writes", writes).isIn(v1.artifact(), v2.artifact());
            disk.fillAfter(Integer.MAX_VALUE);

            Rig again = upgrade(disk, Rig.nothingSent());

            Install install = again.slot().install();
            ends.add(install.phase() + " " + install.reason());
            boolean installed = install.phase() == Phase.HEALTHY;
            assertThat(again.loaded)
                    .as("full after %d writes: %s", writes, install)
                    .isEqualTo(installed ? v2.artifact() : v1.artifact());
            assertThat(again.state().penaltyBox()).isEmpty();
        }
        assertThat(ends).isSubsetOf("HEALTHY ", "FAILED disk-full").contains("HEALTHY ");
    }

    @Test
    void a_disk_with_room_for_the_state_alone_fails_the_attempt_and_says_why() throws IOException {
        LyingDisk disk = deviceOnV1();
        Rig rig = new Rig(disk, fleet, Rig.nothingSent());
        rig.start();
        disk.fitsOnly(Limits.CHUNK_BYTES - 1);

        rig.deliver(wantsV2);

        assertThat(rig.slot().install().phase()).isEqualTo(Phase.FAILED);
        assertThat(rig.slot().install().reason()).isEqualTo("disk-full");
        assertThat(rig.loaded).isEqualTo(v1.artifact());
        assertThat(rig.state().penaltyBox()).isEmpty();
        disk.fitsOnly(Integer.MAX_VALUE);
        rig.deliver(fleet.desired(offer(v2)));
        rig.serve(120);
        assertThat(rig.loaded).as("the next attempt needs no retry").isEqualTo(v2.artifact());
    }

    @Test
    void a_cut_at_each_tenth_of_a_download_costs_one_window_at_most() throws IOException {
        v2 = fleet.publish("2.3.0", 40 * Limits.CHUNK_BYTES);
        wantsV2 = fleet.desired(offer(v2));
        for (int tenth = 1; tenth < 10; tenth++) {
            LyingDisk disk = deviceOnV1();
            List<Integer> sent = Rig.nothingSent();
            int before = disk.changes();
            int chunks = 40 * tenth / 10;
            // Each chunk is one write and one record of the journal.
            Rig first = new Rig(disk, fleet, sent);
            first.cutAfterChunks = chunks;
            try {
                first.start();
                first.deliver(wantsV2);
            } catch (LyingDisk.PowerCut e) {
                disk.killProcess();
            }
            assertThat(disk.changes()).isGreaterThan(before + 2 * chunks - 2);

            Rig rig = upgrade(disk, sent);

            healed(rig, Cut.KILL_9, tenth);
            assertThat(sent.size()).as("cut at %d0 %%", tenth).isLessThanOrEqualTo(40 + Limits.MAX_NEED_WINDOW);
            assertThat(rig.slot().install().counters().chunksRepeated()).isZero();
        }
    }

    /** A life in which the second model's worker dies again and again. */
    private Rig fallBack(LyingDisk disk) throws IOException {
        Rig rig = new Rig(disk, fleet, Rig.nothingSent());
        rig.crashing = v2.artifact();
        rig.start();
        for (int i = 0; i < 8 && v2.artifact().equals(rig.loaded); i++) {
            rig.crash();
            rig.restart();
        }
        return rig;
    }

    @Test
    void a_power_cut_before_every_change_of_the_way_back_ends_on_the_old_model() throws IOException {
        LyingDisk whole = deviceOnV1();
        upgradeTo(whole, 30);
        LyingDisk probation = whole.copy();
        fallBack(whole);
        int changes = whole.changes();
        for (int at = 1; at <= changes; at++) {
            LyingDisk disk = probation.copy();
            disk.cutBefore(at, at % 2 == 0);
            try {
                fallBack(disk);
            } catch (LyingDisk.PowerCut e) {
                disk.losePower();
            }
            disk.neverCut();

            Rig rig = fallBack(disk);

            assertThat(rig.loaded).as("cut before change %d", at).isEqualTo(v1.artifact());
            assertThat(rig.slot().install().phase()).isEqualTo(Phase.ROLLED_BACK);
            assertThat(rig.state().penaltyBox()).containsExactly(v2.artifact());
        }
    }

    private void upgradeTo(LyingDisk disk, int servedSeconds) throws IOException {
        Rig rig = new Rig(disk, fleet, Rig.nothingSent());
        rig.start();
        rig.deliver(wantsV2);
        rig.serve(servedSeconds);
        assertThat(rig.slot().install().phase()).isEqualTo(Phase.PROBATION);
    }

    @Test
    void bit_rot_in_the_previous_model_is_said_and_no_half_model_runs() throws IOException {
        LyingDisk disk = deviceOnV1();
        upgradeTo(disk, 30);
        disk.spoil(Rig.HOME.model(v1.artifact()), 1000);
        Rig rig = new Rig(disk, fleet, Rig.nothingSent());
        rig.spoiled = v1.artifact();
        rig.crashing = v2.artifact();
        rig.start();
        for (int i = 0; i < 8 && rig.slot().active() != null; i++) {
            rig.crash();
            rig.restart();
        }

        assertThat(rig.loaded).isNull();
        assertThat(rig.slot().active()).isNull();
        assertThat(rig.slot().install().phase()).isEqualTo(Phase.ROLLED_BACK);
        assertThat(rig.raised).contains("rolled-back", "model-spoiled");
        assertThat(rig.state().penaltyBox())
                .as("a rotten file is not a bad model")
                .containsExactly(v2.artifact());
    }

    @Test
    void bit_rot_in_the_running_model_goes_back_and_blames_no_model() throws IOException {
        LyingDisk disk = deviceOnV1();
        upgrade(disk, Rig.nothingSent());
        disk.spoil(Rig.HOME.model(v2.artifact()), 1000);
        Rig rig = new Rig(disk, fleet, Rig.nothingSent());
        rig.spoiled = v2.artifact();

        rig.start();

        assertThat(rig.loaded).isEqualTo(v1.artifact());
        assertThat(rig.slot().install().reason()).isEqualTo("model-spoiled");
        assertThat(rig.state().penaltyBox()).isEmpty();
    }

    @Test
    void bit_rot_in_the_only_model_fetches_it_again() throws IOException {
        LyingDisk disk = deviceOnV1();
        disk.spoil(Rig.HOME.model(v1.artifact()), 1000);
        List<Integer> sent = Rig.nothingSent();
        Rig rig = new Rig(disk, fleet, sent);
        rig.spoiled = v1.artifact();

        rig.start();
        rig.serve(120);

        assertThat(rig.loaded).isEqualTo(v1.artifact());
        assertThat(sent).hasSize(v1.chunks().count());
        assertThat(rig.slot().install().phase()).isEqualTo(Phase.HEALTHY);
        assertThat(disk.size(Rig.HOME.model(v1.artifact()))).isEqualTo(MODEL_BYTES);
    }

    @Test
    void a_spoiled_state_file_costs_one_step_and_not_the_device() throws IOException {
        LyingDisk disk = deviceOnV1();
        disk.spoil(Rig.HOME.state(), 50);

        Rig rig = upgrade(disk, Rig.nothingSent());

        assertThat(rig.loaded).isEqualTo(v2.artifact());
        assertThat(rig.slot().install().phase()).isEqualTo(Phase.HEALTHY);
    }

    @Test
    void a_device_whose_state_is_gone_begins_anew() throws IOException {
        LyingDisk disk = deviceOnV1();
        disk.spoil(Rig.HOME.state(), 50);
        disk.spoil(Rig.HOME.previousState(), 50);

        Rig rig = upgrade(disk, Rig.nothingSent());

        assertThat(rig.loaded).isEqualTo(v2.artifact());
    }

    @Test
    void garbage_is_gone_after_an_upgrade_and_the_way_back_is_not() throws IOException {
        Published v3 = fleet.publish("3.0.0", MODEL_BYTES);
        Desired wantsV3 = fleet.desired(offer(v3));
        LyingDisk disk = deviceOnV1();
        Rig rig = upgrade(disk, Rig.nothingSent());

        rig.deliver(wantsV3);
        rig.serve(120);

        assertThat(disk.size(Rig.HOME.model(v1.artifact()))).isEqualTo(-1);
        assertThat(disk.size(Rig.HOME.model(v2.artifact()))).isEqualTo(MODEL_BYTES);
        assertThat(disk.size(Rig.HOME.model(v3.artifact()))).isEqualTo(MODEL_BYTES);
        // The heads that the newest document names, and nothing else.
        assertThat(disk.list(Rig.HOME.blobs())).hasSize(1);
    }
}
