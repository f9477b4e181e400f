package io.tinyfleet.agent.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.fixture.SmallFleet.Published;
import io.tinyfleet.protocol.v1.Compatibility;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.InstalledArtifact;
import io.tinyfleet.protocol.v1.Phase;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The model of the device's image: what runs when nothing else is held that can. */
class FactoryTest {
    private final Play play = new Play();
    private final Published image = play.fleet.publish("0.9.0", 50_000);

    private InstalledArtifact reportedActive() {
        return play.last(Action.Report.class).reported().getSlots(0).getActive();
    }

    @Test
    void an_empty_home_runs_the_factory_model_without_a_connection() {
        play.image(image).on(new Event.Started());

        assertThat(play.active()).isEqualTo(image.artifact());
        assertThat(play.slot().serving()).isEqualTo(Serving.RUNNING);
        assertThat(reportedActive().getFactory()).isTrue();
        assertThat(reportedActive().getVersion()).isEqualTo("0.9.0");
        assertThat(play.events()).containsExactly("factory-model");
    }

    @Test
    void it_is_stored_nowhere_so_that_another_image_brings_another_model() {
        Published next = play.fleet.publish("0.9.1", 50_000);
        play.boot(image);

        assertThat(play.state.durable().slots()).isEmpty();
        play.boot(next);

        assertThat(play.active()).isEqualTo(next.artifact());
    }

    @Test
    void a_rotten_factory_model_leaves_the_slot_empty_and_says_why() {
        play.hold(Action.StartModel.class).boot(image).rot();

        assertThat(play.state.findSlot(Play.VAD)).isEmpty();
        assertThat(play.events()).containsExactly("factory-model", "factory-refused");
        assertThat(play.details().get(1)).contains("model-spoiled").contains("the slot runs nothing");
        assertThat(play.state.equipment().factories().get(Play.VAD)).isInstanceOf(Factory.Unusable.class);
        play.release(Action.StartModel.class).boot(image);
        assertThat(play.active()).as("after the image was mended").isEqualTo(image.artifact());
    }

    @Test
    void a_format_without_a_runtime_here_is_refused_with_the_reason() {
        Published tflite = play.fleet.publish(
                "0.9.0",
                50_000,
                variant -> variant.setCompatibility(Compatibility.newBuilder().setRuntime("tflite")));
        play.boot(tflite);

        assertThat(play.state.findSlot(Play.VAD)).isEmpty();
        assertThat(play.details()).singleElement().asString().contains("no-runtime: needs tflite");
    }

    @Test
    void another_processor_a_misfit_of_the_input_and_a_missing_file_are_refused_with_the_reason() {
        Published arm = play.fleet.publish(
                "0.9.0",
                50_000,
                variant -> variant.setCompatibility(Compatibility.newBuilder().addAbi("linux-aarch64-glibc")));
        DeviceLimits deaf = new DeviceLimits(
                1L << 30, 1L << 30, Play.ROOMY.abi(), Play.ROOMY.runtimes(), "the input is 8000 Hz, 16000 are wanted");

        assertThat(Factory.choose(arm.release(), Set.of(arm.artifact()), variant -> Play.ROOMY))
                .isEqualTo(new Factory.Unusable(
                        "wrong-abi", "made for linux-aarch64-glibc, this device is linux-x86_64-glibc"));
        assertThat(Factory.choose(image.release(), Set.of(image.artifact()), variant -> deaf))
                .isEqualTo(new Factory.Unusable("input-misfit", "the input is 8000 Hz, 16000 are wanted"));
        assertThat(Factory.choose(image.release(), Set.of(), variant -> Play.ROOMY))
                .isEqualTo(new Factory.Unusable(
                        "no-file", "the folder holds the release vad 0.9.0 and no file of its 1 variants"));
    }

    @Test
    void a_wanted_release_replaces_it_and_keeps_it_as_the_way_back() {
        Published v1 = play.fleet.publish("1.0.0", 100_000);
        play.boot(image).run(v1);

        assertThat(play.phase()).isEqualTo(Phase.HEALTHY);
        assertThat(play.active()).isEqualTo(v1.artifact());
        assertThat(play.wayBack().artifact()).isEqualTo(image.artifact());
    }

    @Test
    void a_wanted_release_that_fails_falls_back_to_it() {
        Published v1 = play.fleet.publish("1.0.0", 100_000);
        play.boot(image).desire(play.fleet.offer(v1)).serve(5, 10);

        play.on(new Event.ModelServed(
                Play.VAD,
                v1.artifact(),
                new Served(1000, 1),
                new Event.Violation("over-latency-budget", "p95 is 9 ms, the budget 5 ms")));

        assertThat(play.phase()).isEqualTo(Phase.ROLLED_BACK);
        assertThat(play.active()).isEqualTo(image.artifact());
        assertThat(play.details()).anySatisfy(detail -> assertThat(detail).contains("back to vad 0.9.0"));
    }

    @Test
    void a_release_that_fails_its_trial_leaves_it_running() {
        Published v1 = play.fleet.publish("1.0.0", 100_000);
        play.trial = new TrialOutcome.Failed("self-test-failed", "the answer was off", true);
        play.boot(image).desire(play.fleet.offer(v1));

        assertThat(play.phase()).isEqualTo(Phase.FAILED);
        assertThat(play.active()).isEqualTo(image.artifact());
        assertThat(play.all(Action.StartModel.class)).hasSize(1);
        play.boot(image);
        assertThat(play.active()).as("after a restart").isEqualTo(image.artifact());
    }

    @Test
    void when_active_and_previous_have_rotted_the_factory_model_runs() {
        Published v1 = play.fleet.publish("1.0.0", 100_000);
        Published v2 = play.fleet.publish("1.1.0", 100_000);
        play.boot(image).run(v1).run(v2);
        assertThat(play.wayBack().artifact()).isEqualTo(v1.artifact());

        play.hold(Action.StartModel.class).boot(image);
        play.rot();
        assertThat(play.active()).isEqualTo(v1.artifact());
        play.rot();

        assertThat(play.active()).isEqualTo(image.artifact());
        assertThat(play.last(Action.StartModel.class).artifact().isFactory()).isTrue();
    }

    @Test
    void a_confirmed_model_that_dies_again_and_again_is_left_for_it() {
        Published v1 = play.fleet.publish("1.0.0", 100_000);
        play.connect().run(v1).boot(image);
        for (int i = 0; i < Starts.MAX_SINCE_MINUTE && play.active().equals(v1.artifact()); i++) {
            play.crash().on(new Event.RestartDue(Play.VAD));
        }

        assertThat(play.active()).isEqualTo(image.artifact());
        assertThat(play.details())
                .anySatisfy(detail -> assertThat(detail).contains("back to this device's factory model vad 0.9.0"));
    }

    @Test
    void it_is_never_left_itself_however_often_it_dies() {
        play.boot(image);
        for (int i = 0; i < 30; i++) {
            play.crash().on(new Event.RestartDue(Play.VAD));
        }

        assertThat(play.active()).isEqualTo(image.artifact());
        assertThat(play.state.penaltyBox()).isEmpty();
        assertThat(play.all(Action.StartModel.class)).hasSize(31);
    }

    @Test
    void a_slot_that_the_server_has_emptied_stays_empty() {
        play.boot(image).desire(DesiredSlot.newBuilder().setSlot("vad").setEmpty(true));

        assertThat(play.slot().active()).isNull();
        play.boot(image);
        assertThat(play.slot().active()).isNull();
        assertThat(play.all(Action.StartModel.class)).hasSize(1);
    }

    @Test
    void under_the_floor_of_its_model_it_is_not_started() {
        play.fleet.securityVersion(2);
        Published v2 = play.fleet.publish("2.0.0", 100_000);
        play.fleet.floor(2);
        play.connect().run(v2);
        play.hold(Action.StartModel.class)
                .hold(Action.FindBlob.class)
                .boot(image)
                .rot();

        assertThat(play.slot().active()).isNull();
        assertThat(play.details()).anySatisfy(detail -> assertThat(detail).contains("below-floor: vad 0.9.0"));
    }

    @Test
    void the_same_release_wanted_by_the_server_is_not_fetched_and_has_to_pass_its_probation() {
        play.boot(image).desire(play.fleet.offer(image));

        assertThat(play.phase()).isEqualTo(Phase.PROBATION);
        assertThat(play.askedChunks(image)).isZero();
        assertThat(play.running().isFactory()).isFalse();
        play.serve(60, 100);
        assertThat(play.phase()).isEqualTo(Phase.HEALTHY);
        assertThat(play.reported())
                .endsWith(Phase.ACTIVATING, Phase.PROBATION, Phase.HEALTHY)
                .doesNotContain(Phase.DOWNLOADING);
    }

    @Test
    void a_disk_that_takes_nothing_does_not_keep_it_from_running() {
        play.image(image).on(new Event.Started());
        AgentState before = AgentState.fresh();

        assertThat(play.state.durable()).as("nothing to store").isEqualTo(before);
        assertThat(play.active()).isEqualTo(image.artifact());
    }
}
