package io.tinyfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.agent.enrol.CurrentRoot;
import io.tinyfleet.agent.enrol.Identity;
import io.tinyfleet.agent.enrol.LinkAuthorities;
import io.tinyfleet.agent.fixture.LyingDisk;
import io.tinyfleet.agent.fixture.SmallFleet;
import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.reconcile.AgentState;
import io.tinyfleet.agent.reconcile.Event;
import io.tinyfleet.agent.reconcile.Moment;
import io.tinyfleet.agent.reconcile.Reconciler;
import io.tinyfleet.protocol.InLeaf;
import io.tinyfleet.protocol.trust.RoleName;
import io.tinyfleet.protocol.trust.RootBuilder;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.protocol.v1.Ack;
import io.tinyfleet.protocol.v1.Command;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.Identify;
import io.tinyfleet.protocol.v1.Refresh;
import io.tinyfleet.protocol.v1.Restart;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Attacks by documents that are signed, or not, and sent again. */
class InboxTest {
    private static final Moment NOW = new Moment(Duration.ZERO, SmallFleet.ISSUED, true);

    private final SmallFleet fleet = new SmallFleet();
    private final LyingDisk disk = new LyingDisk();
    private final AgentHome home = new AgentHome(Path.of("/device"));
    private final List<Ack> acks = new ArrayList<>();
    private final CurrentRoot root = new CurrentRoot(fleet.root(), disk, home);
    private final Inbox inbox = new Inbox(
            new Identity(
                    SmallFleet.DEVICE,
                    "generic-x86_64",
                    "REAL",
                    new Identity.Broker("tcp://127.0.0.1:1", "dev-7", "secret", LinkAuthorities.NONE),
                    fleet.root()),
            root,
            disk,
            home,
            acks::add);
    private AgentState state = AgentState.fresh();

    private Desired document() {
        return fleet.desired(fleet.offer(fleet.publish("1.0.0", 1000)));
    }

    private Event read(byte[] envelope) {
        return read(envelope, NOW);
    }

    private Event read(byte[] envelope, Moment now) {
        return inbox.read(InLeaf.DESIRED, envelope, state, now).orElseThrow();
    }

    private void stored(byte[] envelope) {
        state = Reconciler.step(state, read(envelope), NOW).state();
    }

    private static void refused(Event event, String code) {
        assertThat(event).isInstanceOfSatisfying(Event.MessageRefused.class, refused -> {
            assertThat(refused.eventCode()).isEqualTo("desired-refused");
            assertThat(refused.code()).isEqualTo(code);
            assertThat(refused.sentence()).isNotBlank();
        });
    }

    @Test
    void a_rightful_document_is_read_and_kept_for_people() {
        byte[] envelope = fleet.sign(document());

        assertThat(read(envelope)).isInstanceOf(Event.DesiredVerified.class);
        assertThat(disk.read(home.trust().resolve("desired.dsse"))).hasValue(envelope);
    }

    @Test
    void a_document_without_a_signature() {
        refused(read(document().toByteArray()), "wrong-payload-type");
    }

    @Test
    void a_document_signed_for_another_role() {
        refused(read(fleet.signWithReleaseKey(document())), "threshold-not-met");
    }

    @Test
    void a_document_of_another_fleet() {
        refused(read(new SmallFleet().sign(document())), "threshold-not-met");
    }

    @Test
    void a_document_with_one_changed_byte() {
        byte[] envelope = fleet.sign(document());
        envelope[envelope.length / 2] ^= 1;

        assertThat(read(envelope)).isInstanceOf(Event.MessageRefused.class);
    }

    @Test
    void a_release_in_the_place_of_a_document() {
        refused(read(fleet.publish("1.0.0", 10).envelope()), "wrong-payload-type");
    }

    @Test
    void another_device_s_document() {
        refused(read(fleet.sign(document().toBuilder().setDeviceId("dev-8").build())), "wrong-device");
    }

    @Test
    void a_document_under_another_root() {
        refused(
                read(fleet.sign(document().toBuilder()
                        .setRootSha256(new SmallFleet().root().digest().toBytes())
                        .build())),
                "wrong-root");
    }

    @Test
    void an_old_document_replayed() {
        byte[] old = fleet.sign(document());
        stored(fleet.sign(document()));

        refused(read(old), "old-seq");
    }

    @Test
    void the_same_number_with_other_content() {
        Desired first = document();
        stored(fleet.sign(first));

        refused(read(fleet.sign(first.toBuilder().addSlots(offer("second")).build())), "same-seq-other-content");
    }

    private DesiredSlot offer(String slot) {
        return fleet.offer(fleet.publish("2.0.0", 1000)).setSlot(slot).build();
    }

    @Test
    void the_very_same_document_again_is_no_attack() {
        byte[] envelope = fleet.sign(document());
        stored(envelope);

        assertThat(read(envelope)).isInstanceOf(Event.DesiredVerified.class);
    }

    @Test
    void an_expired_document_while_the_clock_is_kept_right() {
        Moment later = new Moment(Duration.ZERO, SmallFleet.ISSUED.plus(Duration.ofDays(8)), true);

        refused(read(fleet.sign(document()), later), "expired");
    }

    @Test
    void a_clock_at_2099_that_nobody_keeps_right_expires_nothing() {
        Moment wrong = new Moment(Duration.ZERO, Instant.parse("2099-01-01T00:00:00Z"), false);

        assertThat(read(fleet.sign(document()), wrong)).isInstanceOf(Event.DesiredVerified.class);
    }

    @Test
    void a_clock_at_1970_still_sees_that_a_document_is_older_than_what_was_signed_since() {
        Desired old = document().toBuilder().setSeq(50).build();
        Desired newer = document().toBuilder()
                .setIssuedAtMillis(SmallFleet.ISSUED.plus(Duration.ofDays(10)).toEpochMilli())
                .setExpiresAtMillis(SmallFleet.ISSUED.plus(Duration.ofDays(17)).toEpochMilli())
                .build();
        stored(fleet.sign(newer));

        refused(read(fleet.sign(old), new Moment(Duration.ZERO, Instant.EPOCH, false)), "expired");
    }

    // ---- roots

    private byte[] nextRoot(long version, SigningKey... signers) {
        return new RootBuilder(version, SmallFleet.ISSUED, SmallFleet.ISSUED.plus(Duration.ofDays(365)))
                .role(RoleName.ROOT, fleet.keys().root())
                .role(RoleName.RELEASE, fleet.keys().release())
                .role(RoleName.DIRECTOR, SigningKey.generate())
                .role(RoleName.HEADS, fleet.keys().heads())
                .sign(List.of(signers));
    }

    private Optional<Event> readRoot(byte[] envelope) {
        return inbox.read(InLeaf.ROOT, envelope, state, NOW);
    }

    private void rootRefused(byte[] envelope, String code) {
        assertThat(readRoot(envelope))
                .hasValueSatisfying(event -> assertThat(event)
                        .isInstanceOfSatisfying(Event.MessageRefused.class, refused -> {
                            assertThat(refused.eventCode()).isEqualTo("root-refused");
                            assertThat(refused.code()).isEqualTo(code);
                        }));
        assertThat(root.root().version()).isEqualTo(1);
        assertThat(disk.read(home.root().resolve("identity/root.dsse"))).isEmpty();
    }

    @Test
    void the_next_root_is_stored_before_it_is_believed() {
        byte[] next = nextRoot(2, fleet.keys().root());

        assertThat(readRoot(next))
                .hasValueSatisfying(event -> assertThat(event).isInstanceOfSatisfying(Event.RootHeld.class, held -> {
                    assertThat(held.version()).isEqualTo(2);
                    assertThat(held.rotated()).containsExactly(RoleName.DIRECTOR);
                }));
        assertThat(disk.read(home.root().resolve("identity/root.dsse"))).hasValue(next);
        assertThat(readRoot(next)).as("the same again").isEmpty();
        refused(read(fleet.sign(document())), "threshold-not-met");
    }

    @Test
    void a_power_cut_in_a_root_step_leaves_one_root_or_the_other_and_the_step_can_be_made_again() throws Exception {
        byte[] next = nextRoot(2, fleet.keys().root());
        Path file = home.root().resolve("identity/root.dsse");
        for (int change = 1; change <= 5; change++) {
            LyingDisk cut = new LyingDisk();
            cut.writeAtomic(file, fleet.rootEnvelope());
            cut.cutBefore(change, change % 2 == 0);
            CurrentRoot before = new CurrentRoot(fleet.root(), cut, home);
            assertThatThrownBy(() -> before.step(next)).isInstanceOf(LyingDisk.PowerCut.class);
            cut.losePower();

            byte[] left = cut.read(file).orElseThrow();
            assertThat(left).as("cut before change %d", change).isIn(fleet.rootEnvelope(), next);
            if (Arrays.equals(left, fleet.rootEnvelope())) {
                CurrentRoot again = new CurrentRoot(TrustedRoot.pin(left), cut, home);
                again.step(next);
            }
            assertThat(cut.read(file)).hasValue(next);
        }
    }

    @Test
    void a_skipped_root_step_is_refused() {
        rootRefused(nextRoot(3, fleet.keys().root()), "root-version-step");
    }

    @Test
    void a_root_signed_by_a_stranger_or_of_another_type_is_refused() {
        rootRefused(nextRoot(2, SigningKey.generate()), "threshold-not-met");
        rootRefused(fleet.sign(document()), "wrong-payload-type");
        rootRefused(new byte[70_000], "too-large");
    }

    @Test
    void a_slot_whose_name_is_a_path() {
        refused(
                read(fleet.sign(document().toBuilder()
                        .addSlots(DesiredSlot.newBuilder().setSlot("../../etc").setEmpty(true))
                        .build())),
                "malformed");
    }

    @Test
    void messages_that_are_no_protobuf_or_endless() {
        for (InLeaf leaf : List.of(InLeaf.ACK, InLeaf.BLOB, InLeaf.COMMAND)) {
            assertThat(inbox.read(leaf, new byte[] {7, 7}, state, NOW))
                    .hasValueSatisfying(event -> assertThat(event)
                            .isInstanceOfSatisfying(
                                    Event.MessageRefused.class,
                                    refused -> assertThat(refused.code()).isEqualTo("not-protobuf")));
            assertThat(inbox.read(leaf, new byte[70_000], state, NOW))
                    .hasValueSatisfying(event -> assertThat(event)
                            .isInstanceOfSatisfying(
                                    Event.MessageRefused.class,
                                    refused -> assertThat(refused.code()).isEqualTo("too-large")));
        }
        refused(read(new byte[70_000]), "too-large");
    }

    @Test
    void commands_and_acks_are_read() {
        Command refresh =
                Command.newBuilder().setRefresh(Refresh.getDefaultInstance()).build();
        Command restart =
                Command.newBuilder().setRestart(Restart.getDefaultInstance()).build();
        Command identify =
                Command.newBuilder().setIdentify(Identify.getDefaultInstance()).build();

        assertThat(inbox.read(InLeaf.COMMAND, refresh.toByteArray(), state, NOW))
                .hasValue(new Event.RefreshAsked());
        assertThat(inbox.read(InLeaf.COMMAND, restart.toByteArray(), state, NOW))
                .hasValue(new Event.RestartAsked());
        assertThat(inbox.read(InLeaf.COMMAND, identify.toByteArray(), state, NOW))
                .isEmpty();
        assertThat(inbox.read(InLeaf.COMMAND, new byte[0], state, NOW)).isEmpty();
        assertThat(inbox.read(InLeaf.ACK, Ack.getDefaultInstance().toByteArray(), state, NOW))
                .isEmpty();
        assertThat(acks).hasSize(1);
    }
}
