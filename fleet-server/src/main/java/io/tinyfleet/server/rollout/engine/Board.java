package io.tinyfleet.server.rollout.engine;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.server.rollout.engine.Snapshot.GateKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A snapshot on which decisions are carried out. Owned by one call of the engine; not thread-safe. */
final class Board {
    private final Snapshot start;
    private final List<WaveState> waves;
    private final Map<DeviceId, DeviceInRollout> devices = new LinkedHashMap<>();
    private final Map<GateKey, Assessment> recorded;
    private RolloutState state;

    Board(Snapshot start) {
        this.start = start;
        this.state = start.state();
        this.waves = new ArrayList<>(start.waves());
        this.recorded = new HashMap<>(start.recorded());
        start.devices().forEach(device -> devices.put(device.device(), device));
    }

    RolloutPlan plan() {
        return start.plan();
    }

    RolloutState state() {
        return state;
    }

    WaveState wave(int index) {
        return waves.get(index);
    }

    int waveCount() {
        return waves.size();
    }

    /** A copy: the board may change while it is walked. */
    List<DeviceInRollout> devices() {
        return List.copyOf(devices.values());
    }

    Optional<Assessment> recorded(int wave, GateName gate) {
        return Optional.ofNullable(recorded.get(new GateKey(wave, gate)));
    }

    Optional<Integer> override(GateName gate) {
        return Optional.ofNullable(start.overrides().get(gate));
    }

    /** The wave that is open or soaks. */
    Optional<Integer> currentWave() {
        for (int index = 0; index < waves.size(); index++) {
            if (waves.get(index) instanceof WaveState.Current) {
                return Optional.of(index);
            }
        }
        return Optional.empty();
    }

    Optional<Integer> nextWaitingWave() {
        for (int index = 0; index < waves.size(); index++) {
            if (waves.get(index) instanceof WaveState.Waiting) {
                return Optional.of(index);
            }
        }
        return Optional.empty();
    }

    List<Integer> sizes() {
        int[] sizes = new int[waves.size()];
        for (DeviceInRollout device : devices.values()) {
            if (device.wave() >= 0) {
                sizes[device.wave()]++;
            }
        }
        List<Integer> list = new ArrayList<>(sizes.length);
        for (int size : sizes) {
            list.add(size);
        }
        return list;
    }

    Snapshot snapshot() {
        return new Snapshot(plan(), state, waves, List.copyOf(devices.values()), recorded, start.overrides());
    }

    void apply(Decision decision) {
        if (decision instanceof Decision.Offer offer) {
            offer(offer);
        } else if (decision instanceof Decision.Withdraw withdraw) {
            DeviceInRollout device = device(withdraw.device());
            put(device.with(
                    as(device.state(), DeviceState.Offered.class).withdraw(),
                    device.exposure().withdrawn()));
        } else if (decision instanceof Decision.MoveDevice move) {
            put(device(move.device()).with(move.state()));
        } else if (decision instanceof Decision.Revert revert) {
            DeviceInRollout device = device(revert.device());
            put(device.with(device.exposure().reverted()));
        } else if (decision instanceof Decision.RecordVerdict verdict) {
            recorded.put(new GateKey(verdict.wave(), verdict.gate()), verdict.assessment());
        } else {
            applyToRolloutOrWave(decision);
        }
    }

    private void applyToRolloutOrWave(Decision decision) {
        if (decision instanceof Decision.OpenWave open) {
            waves.set(
                    open.wave(), as(wave(open.wave()), WaveState.Waiting.class).open(open.at()));
        } else if (decision instanceof Decision.Soak soak) {
            waves.set(soak.wave(), as(wave(soak.wave()), WaveState.Open.class).soak(soak.endsAt()));
        } else if (decision instanceof Decision.PassWave pass) {
            waves.set(
                    pass.wave(), as(wave(pass.wave()), WaveState.Soaking.class).pass());
        } else if (decision instanceof Decision.FailWave fail) {
            waves.set(
                    fail.wave(), as(wave(fail.wave()), WaveState.Current.class).fail());
        } else if (decision instanceof Decision.SkipWave skip) {
            WaveState left = wave(skip.wave());
            waves.set(
                    skip.wave(),
                    left instanceof WaveState.Open open
                            ? open.skip()
                            : as(left, WaveState.Waiting.class).skip());
        } else if (decision instanceof Decision.Pause pause) {
            state = state instanceof RolloutState.Paused paused
                    ? paused.pause(pause.why())
                    : as(state, RolloutState.Running.class).pause(pause.why());
        } else if (decision instanceof Decision.RollBack back) {
            state = as(state, RolloutState.Exposing.class).rollBack(back.why());
        } else if (decision instanceof Decision.FinishRollBack) {
            state = as(state, RolloutState.RollingBack.class).finish();
        } else if (decision instanceof Decision.Complete) {
            state = as(state, RolloutState.Running.class).complete();
        } else {
            throw new IllegalStateException("unknown decision " + decision);
        }
    }

    private void offer(Decision.Offer offer) {
        DeviceInRollout device = device(offer.device());
        DeviceState offered = as(device.state(), DeviceState.Pending.class).offer(offer.clock());
        put(device.with(
                offered,
                device.exposure()
                        .offered(new Exposure.Offer(
                                offer.attempt(),
                                offer.order(),
                                offer.wave(),
                                offer.clock().since()))));
    }

    private DeviceInRollout device(DeviceId id) {
        DeviceInRollout device = devices.get(id);
        if (device == null) {
            throw new IllegalStateException("device " + id + " is not in this rollout");
        }
        return device;
    }

    private void put(DeviceInRollout device) {
        devices.put(device.device(), device);
    }

    private static <T> T as(Object state, Class<T> wanted) {
        if (!wanted.isInstance(state)) {
            throw new IllegalStateException("a step from " + wanted.getSimpleName() + " is not possible in " + state);
        }
        return wanted.cast(state);
    }
}
