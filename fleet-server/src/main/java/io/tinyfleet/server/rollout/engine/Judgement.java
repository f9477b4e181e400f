package io.tinyfleet.server.rollout.engine;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.server.rollout.engine.GateInput.Opinion;
import io.tinyfleet.server.rollout.engine.GateInput.Place;
import io.tinyfleet.server.rollout.engine.RolloutPlan.OnFail;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Asks the gates about the current wave and says what follows from a FAIL. */
final class Judgement {
    private final Board board;
    private final List<Gate> gates;
    private final Map<DeviceId, Observation> observations;

    Judgement(Board board, List<Gate> gates, Map<DeviceId, Observation> observations) {
        this.board = board;
        this.gates = gates;
        this.observations = observations;
    }

    /** New verdicts first, then at most one of Pause and RollBack. */
    List<Decision> decisions(int wave) {
        List<Decision> decisions = new ArrayList<>();
        Optional<Decision> consequence = Optional.empty();
        for (Gate gate : gates) {
            Assessment assessment;
            try {
                assessment = gate.assess(input(board, observations, wave, gate.name()));
            } catch (RuntimeException unreadable) {
                // A gate that cannot be read stops the rollout, it does not wave it through.
                return cannotRead(gate, unreadable);
            }
            if (!board.recorded(wave, gate.name()).equals(Optional.of(assessment))) {
                decisions.add(new Decision.RecordVerdict(wave, gate.name(), assessment));
            }
            if (assessment.verdict() == Verdict.FAIL) {
                consequence = graver(consequence, consequence(gate, assessment));
            }
        }
        consequence.ifPresent(decisions::add);
        return decisions;
    }

    private List<Decision> cannotRead(Gate gate, RuntimeException unreadable) {
        Reason why = new Reason(
                Reason.UNREADABLE,
                "The " + gate.name() + " gate cannot be read: " + String.valueOf(unreadable.getMessage()));
        return board.state().why().equals(Optional.of(why)) ? List.of() : List.of(new Decision.Pause(why));
    }

    private Optional<Decision> consequence(Gate gate, Assessment assessment) {
        Reason why = new Reason(Reason.GATE_FAILED, assessment.sentence());
        boolean back = gate.response() == Gate.Response.AS_PLANNED
                && board.plan().responses().onFail() == OnFail.ROLL_BACK;
        if (back) {
            return Optional.of(new Decision.RollBack(why));
        }
        boolean pausedByGate = board.state()
                .why()
                .filter(reason -> reason.code().equals(Reason.GATE_FAILED))
                .isPresent();
        return pausedByGate ? Optional.empty() : Optional.of(new Decision.Pause(why));
    }

    private static Optional<Decision> graver(Optional<Decision> one, Optional<Decision> other) {
        boolean otherWins = one.isEmpty()
                || (one.get() instanceof Decision.Pause
                        && other.isPresent()
                        && other.get() instanceof Decision.RollBack);
        return otherWins ? other : one;
    }

    static GateInput input(Board board, Map<DeviceId, Observation> observations, int wave, GateName gate) {
        int from = board.override(gate).orElse(0);
        List<Opinion> opinions = new ArrayList<>();
        for (DeviceInRollout device : board.devices()) {
            Presence presence = observations
                    .getOrDefault(device.device(), Observation.UNKNOWN)
                    .presence();
            Optional<Exposure.First> first = device.exposure().first();
            first.map(said -> new Opinion(
                            device.device(),
                            device.hardwareClass(),
                            new Place(said.order(), said.wave(), false),
                            said.value(),
                            presence,
                            Cause.NONE))
                    .ifPresent(opinions::add);
            device.exposure()
                    .offer()
                    .filter(offer -> device.isInSequence())
                    .map(offer -> new Opinion(
                            device.device(),
                            device.hardwareClass(),
                            new Place(offer.order(), offer.wave(), first.isPresent()),
                            device.state().value(),
                            presence,
                            device.state().cause()))
                    .ifPresent(opinions::add);
        }
        opinions.removeIf(opinion -> opinion.order() <= from);
        opinions.sort(Comparator.comparingInt(Opinion::order));
        return new GateInput(
                board.plan(),
                wave,
                board.sizes(),
                opinions,
                board.override(gate).isPresent());
    }
}
