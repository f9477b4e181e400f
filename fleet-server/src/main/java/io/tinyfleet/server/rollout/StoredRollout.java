package io.tinyfleet.server.rollout;

import io.tinyfleet.server.rollout.engine.Assessment;
import io.tinyfleet.server.rollout.engine.GateName;
import io.tinyfleet.server.rollout.engine.RolloutPlan;
import io.tinyfleet.server.rollout.engine.RolloutPlan.WavePlan;
import io.tinyfleet.server.rollout.engine.Snapshot;
import io.tinyfleet.server.rollout.engine.Snapshot.GateKey;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** All rows of one rollout, read in one transaction. */
record StoredRollout(
        RolloutEntity row,
        PlannedRollout planned,
        List<WaveEntity> waves,
        List<MemberEntity> members,
        Verdicts judged) {

    record Verdicts(List<VerdictEntity> verdicts, List<OverrideEntity> overrides) {}

    RolloutPlan plan() {
        return planned.plan(waves.stream()
                .map(wave -> new WavePlan(
                        wave.name, wave.maxInFlight, Duration.ofSeconds(wave.soakSeconds), wave.minDevices))
                .toList());
    }

    Snapshot snapshot(JsonColumns json) {
        Map<GateKey, Assessment> recorded = new HashMap<>();
        for (VerdictEntity verdict : judged.verdicts()) {
            recorded.put(
                    new GateKey(verdict.wave, new GateName(verdict.gate)),
                    new Assessment(
                            verdict.verdict, json.evidence(verdict.evidence), verdict.sentence, verdict.holdsWave));
        }
        Map<GateName, Integer> overrides = new HashMap<>();
        judged.overrides()
                .forEach(override -> overrides.merge(new GateName(override.gate), override.fromOrder, Math::max));
        return new Snapshot(
                plan(),
                row.read(),
                waves.stream().map(WaveEntity::read).toList(),
                members.stream().map(MemberEntity::read).toList(),
                recorded,
                overrides);
    }
}
