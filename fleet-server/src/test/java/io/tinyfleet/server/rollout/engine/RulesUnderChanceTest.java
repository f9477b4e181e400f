package io.tinyfleet.server.rollout.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.server.rollout.engine.RolloutPlan.OnFail;
import io.tinyfleet.server.rollout.engine.RolloutPlan.OnInsufficient;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random fleets, random reports, random people; after every plan the rules hold. {@link Story#plan} checks each time that
 * planning again yields nothing new.
 */
class RulesUnderChanceTest {
    private static final Set<DeviceStateName> ENDED = Set.of(
            DeviceStateName.HEALTHY,
            DeviceStateName.FAILED,
            DeviceStateName.ROLLED_BACK,
            DeviceStateName.REJECTED,
            DeviceStateName.TIMED_OUT,
            DeviceStateName.IDLE,
            DeviceStateName.CANCELLED,
            DeviceStateName.SKIPPED);

    static Stream<Long> seeds() {
        return Stream.iterate(1L, seed -> seed + 1).limit(150);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void rules_hold(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Story story = story(random);
        for (int step = 0; step < 60; step++) {
            happen(story, random);
            Snapshot before = story.snapshot();
            Map<DeviceId, Observation> seen = story.observations();
            List<Decision> decisions = story.plan();
            check(before, seen, decisions, story.snapshot());
        }
        goBack(story);
    }

    private static Story story(SplittableRandom random) {
        Story.Wave[] waves = new Story.Wave[1 + random.nextInt(3)];
        for (int index = 0; index < waves.length; index++) {
            waves[index] = new Story.Wave(1 + random.nextInt(25), 1 + random.nextInt(10), 1 + random.nextInt(3));
        }
        OnFail onFail = random.nextBoolean() ? OnFail.PAUSE : OnFail.ROLL_BACK;
        OnInsufficient onInsufficient = OnInsufficient.values()[random.nextInt(3)];
        return Story.running(onFail, onInsufficient, waves);
    }

    private static void happen(Story story, SplittableRandom random) {
        for (DeviceInRollout device : story.snapshot().devices()) {
            String id = device.device().value();
            if (random.nextInt(5) == 0) {
                story.presence(Presence.values()[random.nextInt(3)], id);
            }
            if (random.nextInt(60) == 0) {
                story.obstacle(id, "quarantined");
            }
            if (device.exposure().offer().isPresent() && random.nextInt(3) == 0) {
                boolean often = random.nextInt(4) > 0;
                ReportedPhase phase = often
                        ? ReportedPhase.HEALTHY
                        : ReportedPhase.values()[random.nextInt(ReportedPhase.values().length)];
                story.says(id, phase, "chance", random.nextBoolean());
            }
        }
        story.after(Duration.ofSeconds(random.nextInt(200)));
        person(story, random);
    }

    private static void person(Story story, SplittableRandom random) {
        if (story.snapshot().state() instanceof RolloutState.Paused && random.nextInt(3) == 0) {
            story.resume();
        } else if (story.snapshot().state() instanceof RolloutState.Running running && random.nextInt(25) == 0) {
            story.person(running.pause(new Reason(Reason.PERSON, "a break")));
        } else if (story.snapshot().state() instanceof RolloutState.Exposing && random.nextInt(6) == 0) {
            story.snapshot().devices().stream()
                    .filter(device -> device.state() instanceof DeviceState.Failed)
                    .findFirst()
                    .ifPresent(device -> story.retry(device.device().value()));
        }
    }

    private static void check(
            Snapshot before, Map<DeviceId, Observation> seen, List<Decision> decisions, Snapshot after) {
        neverMoreInFlightThanTheCap(after);
        neverTwoWavesAtOnce(after);
        offersOnlyToTheOnlineAndEligible(seen, decisions);
        attemptsAndOrdersAreUnique(after);
        endedStaysEnded(before, after);
        onlyExposedAndUnfailedDevicesWantTheNewModel(after);
    }

    private static void neverMoreInFlightThanTheCap(Snapshot after) {
        for (int wave = 0; wave < after.waves().size(); wave++) {
            int index = wave;
            long inFlight = after.devices().stream()
                    .filter(device -> device.isInFlight()
                            && device.exposure().offer().orElseThrow().wave() == index)
                    .count();
            assertThat(inFlight)
                    .isLessThanOrEqualTo(after.plan().waves().get(wave).maxInFlight());
        }
    }

    private static void neverTwoWavesAtOnce(Snapshot after) {
        assertThat(after.waves().stream()
                        .filter(WaveState.Current.class::isInstance)
                        .count())
                .isLessThanOrEqualTo(1);
    }

    private static void offersOnlyToTheOnlineAndEligible(Map<DeviceId, Observation> seen, List<Decision> decisions) {
        for (Decision decision : decisions) {
            if (decision instanceof Decision.Offer offer) {
                Observation device = seen.getOrDefault(offer.device(), Observation.UNKNOWN);
                assertThat(device.presence()).isEqualTo(Presence.ONLINE);
                assertThat(device.obstacle()).isEmpty();
            }
        }
    }

    private static void attemptsAndOrdersAreUnique(Snapshot after) {
        Set<AttemptId> attempts = new HashSet<>();
        Set<Integer> orders = new HashSet<>();
        for (DeviceInRollout device : after.devices()) {
            device.exposure().offer().ifPresent(offer -> {
                assertThat(attempts.add(offer.attempt())).isTrue();
                assertThat(orders.add(offer.order())).isTrue();
            });
        }
    }

    private static void endedStaysEnded(Snapshot before, Snapshot after) {
        for (int k = 0; k < before.devices().size(); k++) {
            DeviceInRollout was = before.devices().get(k);
            DeviceInRollout is = after.devices().get(k);
            boolean takenBack = is.state().name() == DeviceStateName.ROLLED_BACK
                    && is.state().cause().code().equals(Cause.TAKEN_BACK);
            if (ENDED.contains(was.state().name()) && !takenBack) {
                assertThat(is.state()).isEqualTo(was.state());
            }
        }
        if (before.state().isFinished()) {
            assertThat(after).isEqualTo(before);
        }
    }

    private static void onlyExposedAndUnfailedDevicesWantTheNewModel(Snapshot after) {
        for (DeviceInRollout device : after.devices()) {
            boolean may = device.isInFlight() || device.state() instanceof DeviceState.OnNew;
            if (device.exposure().wantsNew()) {
                assertThat(may)
                        .as("%s wants the new model in %s", device.device(), device.state())
                        .isTrue();
            }
            if (device.isInFlight() && !(after.state() instanceof RolloutState.RollingBack)) {
                assertThat(device.exposure().wantsNew()).isTrue();
            }
        }
    }

    /** Every exposed device is reverted, whatever state and presence it is in. */
    private static void goBack(Story story) {
        if (!(story.snapshot().state() instanceof RolloutState.Exposing exposing)) {
            return;
        }
        List<DeviceInRollout> exposed = story.snapshot().devices().stream()
                .filter(device -> device.exposure().wantsNew())
                .toList();
        List<Decision> decisions = story.person(exposing.rollBack(new Reason(Reason.PERSON, "back")))
                .plan();
        assertThat(decisions)
                .filteredOn(Decision.Revert.class::isInstance)
                .extracting(decision -> ((Decision.Revert) decision).device())
                .containsExactlyInAnyOrderElementsOf(
                        exposed.stream().map(DeviceInRollout::device).toList());
        assertThat(story.snapshot().devices())
                .noneMatch(device -> device.exposure().wantsNew());
    }
}
