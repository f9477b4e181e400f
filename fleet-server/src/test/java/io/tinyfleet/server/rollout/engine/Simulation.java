package io.tinyfleet.server.rollout.engine;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.server.rollout.engine.RolloutPlan.Responses;
import io.tinyfleet.server.rollout.engine.RolloutPlan.WavePlan;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * A wave of devices that fail by chance, run through the engine event by event. Failures report in seconds, successes
 * after the health window, as in the field. Offline devices are offered and fall silent before they report.
 */
final class Simulation {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration HEALTH_WINDOW = Duration.ofMinutes(10);

    record Scenario(int devices, int maxInFlight, double failureShare, double offlineShare, double alpha) {}

    /** @param reports devices that had reported when the rollout was stopped */
    record Outcome(boolean stopped, boolean passed, int exposed, int reports) {}

    private record Report(Instant at, DeviceId device, ReportedPhase phase) {}

    private final Scenario scenario;
    private final RandomGenerator random;
    private final Engine engine;
    private final Map<DeviceId, Observation> observations = new HashMap<>();
    private final PriorityQueue<Report> coming =
            new PriorityQueue<>((one, other) -> one.at().compareTo(other.at()));
    private Snapshot snapshot;
    private long attempts;

    private Simulation(Scenario scenario, RandomGenerator random) {
        this.scenario = scenario;
        this.random = random;
        this.engine = new Engine(List.of(new InstallGate()), () -> new AttemptId(new UUID(7, ++attempts)));
        List<DeviceInRollout> devices = new ArrayList<>();
        for (int k = 0; k < scenario.devices(); k++) {
            DeviceId id = new DeviceId("d" + k);
            devices.add(new DeviceInRollout(id, "board", 0, new DeviceState.Pending(), Exposure.NONE));
            observations.put(id, online(Optional.empty()));
        }
        Sprt test = new Sprt(0.01, 0.08, scenario.alpha(), Sprt.DEFAULT_BETA);
        WavePlan wave = new WavePlan("wave", scenario.maxInFlight(), Duration.ofMinutes(1), 1);
        RolloutPlan plan =
                new RolloutPlan(List.of(wave), Story.DEADLINES, test, Responses.DEFAULT, Duration.ofHours(1));
        snapshot = new Snapshot(
                plan, new RolloutState.Running(START), List.of(new WaveState.Waiting()), devices, Map.of(), Map.of());
    }

    static Outcome run(Scenario scenario, RandomGenerator random) {
        return new Simulation(scenario, random).run();
    }

    private Outcome run() {
        plan(START);
        while (snapshot.state() instanceof RolloutState.Running) {
            Report next = coming.poll();
            if (next == null) {
                break;
            }
            hear(next);
            plan(next.at());
        }
        boolean stopped = snapshot.state() instanceof RolloutState.RollingBack
                || snapshot.state() instanceof RolloutState.RolledBack;
        return new Outcome(
                stopped,
                Optional.ofNullable(snapshot.recorded().get(new Snapshot.GateKey(0, GateName.INSTALL)))
                        .filter(assessment -> assessment.verdict() == Verdict.PASS)
                        .isPresent(),
                (int) snapshot.devices().stream()
                        .filter(device -> device.exposure().offer().isPresent())
                        .count(),
                (int) snapshot.devices().stream()
                        .map(device -> device.state().value())
                        .filter(value -> value == Value.FAILED || value == Value.HEALTHY)
                        .count());
    }

    private void plan(Instant now) {
        List<Decision> decisions = engine.plan(snapshot, observations, now);
        snapshot = Engine.apply(snapshot, decisions);
        for (Decision decision : decisions) {
            if (decision instanceof Decision.Offer offer) {
                schedule(offer, now);
            }
        }
    }

    private void schedule(Decision.Offer offer, Instant now) {
        if (random.nextDouble() < scenario.offlineShare()) {
            // Takes the offer, then goes out of sight for good.
            observations.put(
                    offer.device(),
                    new Observation(
                            Presence.OFFLINE,
                            0,
                            Optional.of(
                                    new AttemptReport(offer.attempt(), ReportedPhase.DOWNLOADING, Cause.NONE, false)),
                            false,
                            Optional.empty()));
            coming.add(new Report(now.plus(Story.DEADLINES.outer()), offer.device(), ReportedPhase.DOWNLOADING));
            return;
        }
        boolean fails = random.nextDouble() < scenario.failureShare();
        Duration after = fails
                ? Duration.ofMillis(2_000 + random.nextInt(4_000))
                : HEALTH_WINDOW.plusMillis(random.nextInt(20_000));
        coming.add(
                new Report(now.plus(after), offer.device(), fails ? ReportedPhase.ROLLED_BACK : ReportedPhase.HEALTHY));
    }

    private void hear(Report report) {
        if (report.phase() == ReportedPhase.DOWNLOADING) {
            return;
        }
        AttemptId attempt = snapshot.devices().stream()
                .filter(device -> device.device().equals(report.device()))
                .flatMap(device -> device.exposure().offer().stream())
                .findFirst()
                .orElseThrow()
                .attempt();
        observations.put(
                report.device(), online(Optional.of(new AttemptReport(attempt, report.phase(), Cause.NONE, true))));
    }

    private static Observation online(Optional<AttemptReport> report) {
        return new Observation(Presence.ONLINE, 0, report, false, Optional.empty());
    }
}
