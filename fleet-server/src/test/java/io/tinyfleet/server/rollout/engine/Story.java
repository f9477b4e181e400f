package io.tinyfleet.server.rollout.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.server.rollout.engine.RolloutPlan.OnFail;
import io.tinyfleet.server.rollout.engine.RolloutPlan.OnInsufficient;
import io.tinyfleet.server.rollout.engine.RolloutPlan.PhaseDeadlines;
import io.tinyfleet.server.rollout.engine.RolloutPlan.Responses;
import io.tinyfleet.server.rollout.engine.RolloutPlan.WavePlan;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** A rollout told step by step to the real engine. Devices are d1, d2 ... in planned order, online unless said otherwise. */
final class Story {
    static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    static final PhaseDeadlines DEADLINES = new PhaseDeadlines(
            Duration.ofSeconds(60),
            Duration.ofSeconds(600),
            Duration.ofSeconds(300),
            Duration.ofSeconds(1200),
            Duration.ofHours(24));
    static final Duration SOAK = Duration.ofSeconds(30);
    static final Duration INSUFFICIENT_AFTER = Duration.ofHours(1);

    private final Map<DeviceId, Seen> seen = new HashMap<>();
    private List<Gate> gates = Engine.GATES;
    private Snapshot snapshot;
    private Instant now = START;
    private long attempts;

    private static final class Seen {
        Presence presence = Presence.ONLINE;
        long onlineSeconds = 1000;
        Optional<AttemptReport> report = Optional.empty();
        boolean runsTarget;
        Optional<Cause> obstacle = Optional.empty();

        Observation observation() {
            return new Observation(presence, onlineSeconds, report, runsTarget, obstacle);
        }
    }

    record Wave(int size, int maxInFlight, int minDevices) {}

    static Wave wave(int size, int maxInFlight) {
        return new Wave(size, maxInFlight, 1);
    }

    private Story(Responses responses, Sprt test, List<Wave> waves) {
        List<WavePlan> plans = new ArrayList<>();
        List<DeviceInRollout> devices = new ArrayList<>();
        List<WaveState> states = new ArrayList<>();
        for (int index = 0; index < waves.size(); index++) {
            Wave wave = waves.get(index);
            plans.add(new WavePlan("wave " + (index + 1), wave.maxInFlight(), SOAK, wave.minDevices()));
            states.add(new WaveState.Waiting());
            for (int k = 0; k < wave.size(); k++) {
                DeviceId id = new DeviceId("d" + (devices.size() + 1));
                devices.add(new DeviceInRollout(id, "board-a", index, new DeviceState.Pending(), Exposure.NONE));
                seen.put(id, new Seen());
            }
        }
        RolloutPlan plan = new RolloutPlan(plans, DEADLINES, test, responses, INSUFFICIENT_AFTER);
        snapshot = new Snapshot(plan, new RolloutState.Running(START), states, devices, Map.of(), Map.of());
    }

    static Story running(Wave... waves) {
        return new Story(Responses.DEFAULT, Sprt.DEFAULT, List.of(waves));
    }

    static Story running(OnFail onFail, OnInsufficient onInsufficient, Wave... waves) {
        return new Story(new Responses(onFail, onInsufficient), Sprt.DEFAULT, List.of(waves));
    }

    static Story testing(Sprt test, Wave... waves) {
        return new Story(Responses.DEFAULT, test, List.of(waves));
    }

    Story judgedBy(Gate... only) {
        gates = List.of(only);
        return this;
    }

    // ---- what happens outside

    Story after(Duration time) {
        now = now.plus(time);
        seen.values()
                .forEach(device -> device.onlineSeconds += device.presence == Presence.ONLINE ? time.toSeconds() : 0);
        return this;
    }

    Story presence(Presence presence, String... devices) {
        for (String device : devices) {
            at(device).presence = presence;
        }
        return this;
    }

    Story obstacle(String device, String code) {
        at(device).obstacle = Optional.of(new Cause(code, ""));
        return this;
    }

    Story says(String device, ReportedPhase phase) {
        return says(device, phase, "", phase.compareTo(ReportedPhase.VERIFIED) >= 0);
    }

    Story fails(String device, String code) {
        return says(device, ReportedPhase.FAILED, code, true);
    }

    Story failsDownload(String device) {
        return says(device, ReportedPhase.FAILED, "download-failed", false);
    }

    Story says(String device, ReportedPhase phase, String code, boolean verified) {
        AttemptId attempt = device(device).exposure().offer().orElseThrow().attempt();
        return saysAbout(attempt, device, new AttemptReport(attempt, phase, new Cause(code, ""), verified));
    }

    Story saysAbout(AttemptId attempt, String device, AttemptReport report) {
        Seen spoken = at(device);
        spoken.report = Optional.of(new AttemptReport(attempt, report.phase(), report.cause(), report.verified()));
        spoken.runsTarget = report.phase() == ReportedPhase.PROBATION
                || report.phase() == ReportedPhase.HEALTHY
                || report.phase() == ReportedPhase.IDLE;
        return this;
    }

    Story runsOldAgain(String device) {
        at(device).runsTarget = false;
        return this;
    }

    Story allHealthy(int first, int last) {
        for (int k = first; k <= last; k++) {
            says("d" + k, ReportedPhase.HEALTHY);
        }
        return this;
    }

    // ---- what a person does

    Story person(RolloutState state) {
        snapshot = snapshot.with(state);
        return this;
    }

    /** Resumes past every gate that says FAIL, as the use case does. */
    Story resume() {
        Map<GateName, Integer> overrides = new HashMap<>(snapshot.overrides());
        snapshot.recorded().forEach((key, assessment) -> {
            if (assessment.verdict() == Verdict.FAIL) {
                overrides.put(key.gate(), snapshot.lastOrder());
            }
        });
        RolloutState running = ((RolloutState.Paused) snapshot.state()).resume(now);
        snapshot = new Snapshot(
                snapshot.plan(), running, snapshot.waves(), snapshot.devices(), snapshot.recorded(), overrides);
        return this;
    }

    Story retry(String device) {
        List<DeviceInRollout> devices = snapshot.devices().stream()
                .map(one -> one.device().value().equals(device) ? one.retry() : one)
                .toList();
        snapshot = new Snapshot(
                snapshot.plan(),
                snapshot.state(),
                snapshot.waves(),
                devices,
                snapshot.recorded(),
                snapshot.overrides());
        return this;
    }

    // ---- the engine

    /** Plans, applies, and checks that planning again at the same instant yields nothing new. */
    List<Decision> plan() {
        List<Decision> decisions = engine().plan(snapshot, observations(), now);
        snapshot = Engine.apply(snapshot, decisions);
        assertThat(engine().plan(snapshot, observations(), now))
                .as("a second plan at the same instant")
                .isEmpty();
        return decisions;
    }

    Story planned() {
        plan();
        return this;
    }

    /** Plans, lets the soak of the open wave pass, and plans again. */
    Story soaked() {
        plan();
        after(SOAK);
        plan();
        return this;
    }

    private Engine engine() {
        return new Engine(gates, () -> new AttemptId(new UUID(7, ++attempts)));
    }

    Map<DeviceId, Observation> observations() {
        Map<DeviceId, Observation> observations = new LinkedHashMap<>();
        seen.forEach((id, device) -> observations.put(id, device.observation()));
        return observations;
    }

    // ---- what is seen

    Snapshot snapshot() {
        return snapshot;
    }

    Instant now() {
        return now;
    }

    RolloutStateName state() {
        return snapshot.state().name();
    }

    String why() {
        return snapshot.state().why().orElseThrow().sentence();
    }

    WaveStateName wave(int index) {
        return snapshot.waves().get(index).name();
    }

    DeviceInRollout device(String id) {
        return snapshot.devices().stream()
                .filter(device -> device.device().value().equals(id))
                .findFirst()
                .orElseThrow();
    }

    DeviceStateName stateOf(String id) {
        return device(id).state().name();
    }

    List<String> in(DeviceStateName state) {
        return snapshot.devices().stream()
                .filter(device -> device.state().name() == state)
                .map(device -> device.device().value())
                .toList();
    }

    Assessment verdict(int wave, GateName gate) {
        return Optional.ofNullable(snapshot.recorded().get(new Snapshot.GateKey(wave, gate)))
                .orElseThrow(() -> new AssertionError("no verdict of " + gate + " on wave " + wave));
    }

    private Seen at(String device) {
        return Optional.ofNullable(seen.get(new DeviceId(device)))
                .orElseThrow(() -> new AssertionError("no device " + device));
    }
}
