package io.tinyfleet.server.rollout.engine;

import io.tinyfleet.protocol.DeviceId;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Plans a rollout. The same snapshot, observations and instant give the same decisions (attempt ids apart), and planning
 * again after they were applied gives none.
 */
public final class Engine {

    /** The gates of this version. Others are added here and need no other change. */
    public static final List<Gate> GATES = List.of(new CanaryGate(), new InstallGate(), new LinkGate());

    private final List<Gate> gates;
    private final AttemptIds attempts;

    public Engine(List<Gate> gates, AttemptIds attempts) {
        this.gates = List.copyOf(gates);
        this.attempts = attempts;
    }

    /** @param observations devices that are missing here are taken as {@link Observation#UNKNOWN} */
    public List<Decision> plan(Snapshot snapshot, Map<DeviceId, Observation> observations, Instant now) {
        return new Planning(new Board(snapshot), gates, attempts, observations, now).decisions();
    }

    /** What the decisions make of the snapshot. */
    public static Snapshot apply(Snapshot snapshot, List<Decision> decisions) {
        Board board = new Board(snapshot);
        decisions.forEach(board::apply);
        return board.snapshot();
    }

    /** The evidence that a gate reads for a wave. */
    public static GateInput evidence(
            Snapshot snapshot, Map<DeviceId, Observation> observations, int wave, GateName gate) {
        return Judgement.input(new Board(snapshot), observations, wave, gate);
    }
}
