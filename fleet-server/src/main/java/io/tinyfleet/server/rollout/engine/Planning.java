package io.tinyfleet.server.rollout.engine;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.server.rollout.engine.RolloutPlan.OnInsufficient;
import io.tinyfleet.server.rollout.engine.RolloutPlan.WavePlan;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One call of the engine: hear what the devices said, judge, advance the waves, offer; again until nothing new follows.
 * Each decision is carried out on the board at once, so that later ones see it.
 */
final class Planning {

    /** Offers in a row that an online device may leave unacknowledged; after them it is TIMED_OUT. */
    static final int MAX_OFFERS = 3;

    private final Board board;
    private final List<Gate> gates;
    private final Judgement judgement;
    private final AttemptIds attempts;
    private final Map<DeviceId, Observation> observations;
    private final Instant now;
    private final List<Decision> decisions = new ArrayList<>();

    Planning(Board board, List<Gate> gates, AttemptIds attempts, Map<DeviceId, Observation> observations, Instant now) {
        this.board = board;
        this.gates = gates;
        this.judgement = new Judgement(board, gates, observations);
        this.attempts = attempts;
        this.observations = observations;
        this.now = now;
    }

    List<Decision> decisions() {
        // Every round either ends the planning or moves a wave, a device or the rollout forward for good.
        int rounds = 8 + 4 * board.waveCount();
        int before;
        do {
            before = decisions.size();
            round();
            rounds--;
        } while (decisions.size() > before && rounds > 0);
        if (rounds == 0) {
            throw new IllegalStateException(
                    "planning does not come to rest: " + decisions.subList(before, decisions.size()));
        }
        return newestVerdicts();
    }

    private void round() {
        RolloutState state = board.state();
        if (!state.isMoving()
                && !(state instanceof RolloutState.Aborted)
                && !(state instanceof RolloutState.Completed)) {
            return;
        }
        board.devices().forEach(this::hear);
        if (state instanceof RolloutState.Exposing) {
            board.currentWave().ifPresent(wave -> judgement.decisions(wave).forEach(this::decide));
        }
        if (board.state() instanceof RolloutState.Running running) {
            advance(running);
        }
        if (board.state() instanceof RolloutState.Running) {
            offer();
        }
        if (board.state() instanceof RolloutState.RollingBack back) {
            takeBack(back);
        }
        if (board.state() instanceof RolloutState.Completed) {
            cancelAll(new Cause("completed", "not reached before the rollout completed"));
        }
        if (board.state() instanceof RolloutState.Aborted) {
            cancelAll(new Cause("aborted", "the rollout was aborted"));
        }
    }

    private void decide(Decision decision) {
        board.apply(decision);
        decisions.add(decision);
    }

    /** Of several verdicts of one gate on one wave within this call only the last is worth storing. */
    private List<Decision> newestVerdicts() {
        Map<Snapshot.GateKey, Decision> newest = new LinkedHashMap<>();
        for (Decision decision : decisions) {
            if (decision instanceof Decision.RecordVerdict verdict) {
                newest.put(new Snapshot.GateKey(verdict.wave(), verdict.gate()), verdict);
            }
        }
        Set<Decision> kept = Set.copyOf(newest.values());
        return decisions.stream()
                .filter(decision -> !(decision instanceof Decision.RecordVerdict) || kept.contains(decision))
                .distinct()
                .toList();
    }

    // ---- devices

    private void hear(DeviceInRollout device) {
        DeviceState heard = heard(device);
        if (!heard.equals(device.state())) {
            boolean withdrawn = device.isInFlight() && heard instanceof DeviceState.Pending;
            decide(
                    withdrawn
                            ? new Decision.Withdraw(device.device())
                            : new Decision.MoveDevice(device.device(), heard));
        }
        boolean endedWithoutSuccess = !(heard instanceof DeviceState.InFlight) && !(heard instanceof DeviceState.OnNew);
        if (endedWithoutSuccess
                && !(heard instanceof DeviceState.Pending)
                && device.exposure().wantsNew()) {
            decide(new Decision.Revert(device.device()));
        }
    }

    private DeviceState heard(DeviceInRollout device) {
        Observation seen = observation(device);
        Optional<AttemptReport> report = seen.report()
                .filter(said -> device.exposure()
                        .offer()
                        .filter(offer -> offer.attempt().equals(said.attempt()))
                        .isPresent());
        if (device.state() instanceof DeviceState.Pending pending) {
            return report.filter(said -> !device.exposure().retry())
                    .map(pending::lateFailure)
                    .orElse(pending);
        }
        if (device.state() instanceof DeviceState.InFlight phase) {
            DeviceState next = report.map(said -> phase.report(said, new PhaseClock(now, seen.onlineSeconds())))
                    .orElse(phase);
            boolean mayTimeOut = next.equals(phase)
                    && board.state() instanceof RolloutState.Exposing
                    && seen.presence() != Presence.UNKNOWN;
            return mayTimeOut ? overdue(device, phase, seen) : next;
        }
        return device.state();
    }

    private DeviceState overdue(DeviceInRollout device, DeviceState.InFlight phase, Observation seen) {
        Duration limit = board.plan().deadlines().of(phase.name());
        boolean lateOnline = seen.onlineSeconds() - phase.clock().onlineSeconds() >= limit.toSeconds();
        if (phase instanceof DeviceState.Offered offered) {
            boolean lateByWall = !phase.clock().since().plus(limit).isAfter(now);
            if (seen.presence() == Presence.ONLINE && lateOnline) {
                return device.exposure().withdrawals() + 1 >= MAX_OFFERS ? phase.timeOutOnline() : offered.withdraw();
            }
            return seen.presence() == Presence.OFFLINE && lateByWall ? offered.withdraw() : phase;
        }
        if (lateOnline) {
            return phase.timeOutOnline();
        }
        Instant offeredAt = device.exposure().offer().orElseThrow().at();
        boolean outerLimit = !offeredAt.plus(board.plan().deadlines().outer()).isAfter(now);
        return outerLimit ? phase.timeOutByWall() : phase;
    }

    private Observation observation(DeviceInRollout device) {
        return observations.getOrDefault(device.device(), Observation.UNKNOWN);
    }

    // ---- waves

    private void advance(RolloutState.Running running) {
        Optional<Integer> current = board.currentWave();
        if (current.isEmpty()) {
            board.nextWaitingWave().ifPresentOrElse(this::open, () -> decide(new Decision.Complete()));
            return;
        }
        int wave = current.get();
        if (board.wave(wave) instanceof WaveState.Open open) {
            whileOpen(wave, open, running);
        } else if (board.wave(wave) instanceof WaveState.Soaking soaking) {
            whileSoaking(wave, soaking, running);
        }
    }

    private void open(int wave) {
        decide(isEmpty(wave) ? new Decision.SkipWave(wave) : new Decision.OpenWave(wave, now));
    }

    private boolean isEmpty(int wave) {
        return board.devices().stream()
                .noneMatch(device -> device.wave() == wave && !(device.state() instanceof DeviceState.Skipped));
    }

    private void whileOpen(int wave, WaveState.Open open, RolloutState.Running running) {
        List<DeviceInRollout> devices = board.devices();
        boolean someoneMoves = devices.stream()
                .anyMatch(device -> device.isInFlight() && observation(device).presence() != Presence.OFFLINE);
        boolean someoneWaits = devices.stream()
                .anyMatch(device -> device.isPending()
                        && device.wave() <= wave
                        && observation(device).presence() != Presence.OFFLINE);
        if (someoneMoves || (someoneWaits && room(wave) > 0)) {
            return;
        }
        if (isEmpty(wave) && !someoneWaits) {
            decide(new Decision.SkipWave(wave));
            return;
        }
        // After the last wave nobody would watch a device that is out of sight with the offer in its hands.
        boolean lastHolds = wave == board.waveCount() - 1 && devices.stream().anyMatch(DeviceInRollout::isInFlight);
        WavePlan plan = board.plan().waves().get(wave);
        int reported = reported(wave);
        int needed = needed(wave, plan);
        if (!someoneWaits && !lastHolds && reported >= needed) {
            decide(new Decision.Soak(wave, now.plus(plan.soak())));
            return;
        }
        Instant deadline =
                lastMovement(open, running, devices).plus(board.plan().insufficientAfter());
        if (!lastHolds && !deadline.isAfter(now)) {
            insufficient(
                    wave,
                    "Wave " + (wave + 1) + " does not move: " + reported + " of " + needed
                            + " devices that it needs have reported",
                    () -> decide(new Decision.Soak(wave, now.plus(plan.soak()))));
        }
    }

    private int needed(int wave, WavePlan plan) {
        int size = 0;
        for (DeviceInRollout device : board.devices()) {
            size += device.wave() == wave && !(device.state() instanceof DeviceState.Skipped) ? 1 : 0;
        }
        return Math.min(plan.minDevices(), size);
    }

    /** Devices of this wave, or offered under it, that said something about the artifact. */
    private int reported(int wave) {
        int reported = 0;
        for (DeviceInRollout device : board.devices()) {
            boolean here = device.wave() == wave
                    || device.exposure()
                            .offer()
                            .filter(offer -> offer.wave() == wave)
                            .isPresent();
            boolean said = device.firstWord() == Value.HEALTHY || device.firstWord() == Value.FAILED;
            reported += here && said ? 1 : 0;
        }
        return reported;
    }

    private static Instant lastMovement(
            WaveState.Open open, RolloutState.Running running, List<DeviceInRollout> devices) {
        Instant last = later(open.since(), running.since());
        for (DeviceInRollout device : devices) {
            Optional<Exposure.Offer> offer = device.exposure().offer();
            last = offer.isPresent() ? later(last, offer.get().at()) : last;
            if (device.state() instanceof DeviceState.InFlight phase) {
                last = later(last, phase.clock().since());
            }
        }
        return last;
    }

    private void whileSoaking(int wave, WaveState.Soaking soaking, RolloutState.Running running) {
        if (soaking.endsAt().isAfter(now)) {
            return;
        }
        Optional<Assessment> holding = gates.stream()
                .flatMap(gate -> board.recorded(wave, gate.name()).stream())
                .filter(Assessment::holdsWave)
                .filter(assessment -> assessment.verdict() != Verdict.PASS)
                .findFirst();
        if (holding.isEmpty()) {
            decide(new Decision.PassWave(wave, "Wave " + (wave + 1) + " passed its gates"));
            return;
        }
        Instant deadline =
                later(soaking.endsAt(), running.since()).plus(board.plan().insufficientAfter());
        if (holding.get().verdict() == Verdict.INSUFFICIENT && !deadline.isAfter(now)) {
            insufficient(
                    wave,
                    "Too little evidence at the deadline of wave " + (wave + 1) + ": "
                            + holding.get().sentence(),
                    () -> decide(new Decision.PassWave(
                            wave, "Wave " + (wave + 1) + " advanced without enough evidence, as planned")));
        }
    }

    private void insufficient(int wave, String sentence, Runnable advance) {
        Reason why = new Reason(Reason.INSUFFICIENT, sentence);
        OnInsufficient wanted = board.plan().responses().onInsufficient();
        switch (wanted) {
            case PAUSE -> decide(new Decision.Pause(why));
            case ROLL_BACK -> decide(new Decision.RollBack(why));
            case ADVANCE -> advance.run();
        }
    }

    // ---- offers

    private int room(int wave) {
        int inFlight = 0;
        for (DeviceInRollout device : board.devices()) {
            boolean here = device.isInFlight()
                    && device.exposure()
                            .offer()
                            .filter(offer -> offer.wave() == wave)
                            .isPresent();
            inFlight += here ? 1 : 0;
        }
        return board.plan().waves().get(wave).maxInFlight() - inFlight;
    }

    private void offer() {
        Optional<Integer> open = board.currentWave().filter(wave -> board.wave(wave) instanceof WaveState.Open);
        if (open.isEmpty()) {
            return;
        }
        int wave = open.get();
        int room = room(wave);
        int order = board.devices().stream()
                .flatMap(device -> device.exposure().offer().stream())
                .mapToInt(Exposure.Offer::order)
                .max()
                .orElse(0);
        for (DeviceInRollout device : board.devices()) {
            Observation seen = observation(device);
            boolean turn = device.isPending() && device.wave() <= wave && seen.presence() == Presence.ONLINE;
            if (turn && seen.obstacle().isPresent() && device.state() instanceof DeviceState.Pending pending) {
                decide(new Decision.MoveDevice(
                        device.device(), pending.skip(seen.obstacle().get())));
            } else if (turn && room > 0) {
                order++;
                decide(new Decision.Offer(
                        device.device(),
                        attempts.next(),
                        order,
                        wave,
                        device.exposure().retry(),
                        new PhaseClock(now, seen.onlineSeconds())));
                room--;
            }
        }
    }

    // ---- ends

    /** No download: every exposed device is pointed to what it held before, offline ones find it when they return. */
    private void takeBack(RolloutState.RollingBack back) {
        board.currentWave()
                .ifPresent(
                        wave -> decide(new Decision.FailWave(wave, back.reason().sentence())));
        Cause cause = new Cause(Cause.TAKEN_BACK, "");
        for (DeviceInRollout device : board.devices()) {
            if (device.state() instanceof DeviceState.Pending pending) {
                decide(new Decision.MoveDevice(device.device(), pending.cancel(cause)));
            } else if (device.exposure().wantsNew()) {
                decide(new Decision.Revert(device.device()));
            }
        }
        List<DeviceInRollout> out = new ArrayList<>();
        for (DeviceInRollout device : board.devices()) {
            if (isOut(device)) {
                Observation seen = observation(device);
                if (seen.presence() == Presence.ONLINE && !seen.runsTarget()) {
                    decide(new Decision.MoveDevice(device.device(), takenBack(device.state(), cause)));
                } else {
                    out.add(device);
                }
            }
        }
        if (out.stream().allMatch(device -> observation(device).presence() == Presence.OFFLINE)) {
            Cause later = new Cause(Cause.TAKEN_BACK, "offline; goes back when it returns");
            out.forEach(device -> decide(new Decision.MoveDevice(device.device(), takenBack(device.state(), later))));
            decide(new Decision.FinishRollBack());
        }
    }

    private static boolean isOut(DeviceInRollout device) {
        return device.isInFlight() || device.state() instanceof DeviceState.OnNew;
    }

    private static DeviceState takenBack(DeviceState state, Cause cause) {
        if (state instanceof DeviceState.OnNew done) {
            return done.takeBack(cause);
        }
        DeviceState.InFlight phase = (DeviceState.InFlight) state;
        return phase.name().compareTo(DeviceStateName.ACTIVATING) >= 0 ? phase.takeBack(cause) : phase.cancel(cause);
    }

    private void cancelAll(Cause cause) {
        for (DeviceInRollout device : board.devices()) {
            if (device.state() instanceof DeviceState.Pending pending) {
                decide(new Decision.MoveDevice(device.device(), pending.cancel(cause)));
            } else if (device.state() instanceof DeviceState.InFlight phase) {
                decide(new Decision.MoveDevice(device.device(), phase.cancel(cause)));
            }
        }
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }
}
