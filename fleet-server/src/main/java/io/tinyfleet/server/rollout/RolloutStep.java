package io.tinyfleet.server.rollout;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.UuidV7;
import io.tinyfleet.server.live.LiveEvents;
import io.tinyfleet.server.rollout.engine.Decision;
import io.tinyfleet.server.rollout.engine.DeviceInRollout;
import io.tinyfleet.server.rollout.engine.DeviceStateName;
import io.tinyfleet.server.rollout.engine.Engine;
import io.tinyfleet.server.rollout.engine.Observation;
import io.tinyfleet.server.rollout.engine.Reason;
import io.tinyfleet.server.rollout.engine.RolloutState;
import io.tinyfleet.server.rollout.engine.Snapshot;
import io.tinyfleet.server.rollout.engine.WaveStateName;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import jakarta.transaction.Transactional.TxType;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** One step of one rollout: read everything, let the engine decide, store the decisions and what follows from them. */
@ApplicationScoped
class RolloutStep {
    private final RolloutRepository repository;
    private final Observations observations;
    private final SlotTurns turns;
    private final RolloutHistory history;
    private final LiveEvents live;
    private final JsonColumns json;
    private final InstantSource clock;
    private final Engine engine;

    RolloutStep(
            RolloutRepository repository,
            Observations observations,
            SlotTurns turns,
            RolloutHistory history,
            LiveEvents live,
            JsonColumns json,
            InstantSource clock) {
        this.repository = repository;
        this.observations = observations;
        this.turns = turns;
        this.history = history;
        this.live = live;
        this.json = json;
        this.clock = clock;
        this.engine = new Engine(Engine.GATES, () -> new AttemptId(UuidV7.next(clock)));
    }

    @Transactional
    List<UUID> moving() {
        return repository.movingIds();
    }

    /** Does nothing when another replica holds the rollout. */
    @Transactional(TxType.REQUIRES_NEW)
    void run(UUID id) {
        repository.lockUnlessLocked(id).filter(row -> row.read().isMoving()).ifPresent(this::carryOut);
    }

    /** In its own transaction, because the one that failed is gone. */
    @Transactional(TxType.REQUIRES_NEW)
    void pause(UUID id, String sentence) {
        repository.lock(id).ifPresent(row -> {
            if (row.read() instanceof RolloutState.Running running) {
                Reason why = new Reason(Reason.UNREADABLE, sentence);
                row.write(running.pause(why), clock.instant());
                history.note(row, clock.instant(), RolloutHistory.ENGINE, "paused", sentence);
                tell(row);
            }
        });
    }

    StoredRollout read(RolloutEntity row) {
        return new StoredRollout(
                row,
                json.plan(row),
                repository.waves(row.id),
                repository.members(row.id),
                new StoredRollout.Verdicts(repository.verdicts(row.id), repository.overrides(row.id)));
    }

    /** The caller holds the lock on the row. */
    void carryOut(RolloutEntity row) {
        repository.flushNow();
        StoredRollout rollout = read(row);
        Snapshot before = rollout.snapshot(json);
        Map<DeviceId, Observation> seen = observations.read(rollout);
        Instant now = clock.instant();
        List<Decision> decisions = engine.plan(before, seen, now);
        if (decisions.isEmpty()) {
            return;
        }
        Snapshot after = Engine.apply(before, decisions);
        Map<DeviceId, String> stay = turnSlots(rollout, after, decisions);
        store(rollout, before, after, now);
        for (Decision decision : decisions) {
            if (decision instanceof Decision.RecordVerdict verdict) {
                store(row, verdict, now);
            }
            history.note(row, before, decision, now);
        }
        stay.forEach((device, why) ->
                history.note(row, now, "server", "way-back-refused", device + " stays on the new model: " + why));
        tell(row);
    }

    /** Consoles fetch again. */
    void tell(RolloutEntity row) {
        repository.flushNow();
        Map<String, Object> changed =
                Map.of("id", row.id.toString(), "version", row.version, "state", row.state.name());
        live.publish("rollout:" + row.id, "rollout-changed", changed);
        live.publish("fleet", "rollout-changed", changed);
    }

    /** The devices that cannot be sent back, each with its reason. */
    private Map<DeviceId, String> turnSlots(StoredRollout rollout, Snapshot after, List<Decision> decisions) {
        Map<DeviceId, String> stay = new LinkedHashMap<>();
        Map<DeviceId, MemberEntity> members = new HashMap<>();
        rollout.members().forEach(member -> members.put(member.device(), member));
        Map<DeviceId, DeviceStateName> ends = new HashMap<>();
        after.devices()
                .forEach(device -> ends.put(device.device(), device.state().name()));
        for (Decision decision : decisions) {
            if (decision instanceof Decision.Offer offer) {
                turns.offer(member(members, offer.device()), rollout.row(), rollout.planned(), offer.attempt());
            } else if (decision instanceof Decision.Withdraw withdraw) {
                turns.back(member(members, withdraw.device()), rollout.row(), false)
                        .ifPresent(why -> stay.put(withdraw.device(), why));
            } else if (decision instanceof Decision.Revert revert) {
                DeviceStateName end = ends.get(revert.device());
                boolean neverActivated = end == DeviceStateName.FAILED || end == DeviceStateName.REJECTED;
                turns.back(member(members, revert.device()), rollout.row(), !neverActivated)
                        .ifPresent(why -> stay.put(revert.device(), why));
            }
        }
        return stay;
    }

    private static MemberEntity member(Map<DeviceId, MemberEntity> members, DeviceId device) {
        return Optional.ofNullable(members.get(device))
                .orElseThrow(() -> new IllegalStateException(device + " is not in this rollout"));
    }

    private static void store(StoredRollout rollout, Snapshot before, Snapshot after, Instant now) {
        RolloutEntity row = rollout.row();
        if (!after.state().equals(before.state())) {
            row.write(after.state(), now);
        }
        for (int index = 0; index < rollout.waves().size(); index++) {
            if (!after.waves().get(index).equals(before.waves().get(index))) {
                rollout.waves().get(index).write(after.waves().get(index));
            }
            if (rollout.waves().get(index).state != WaveStateName.WAITING) {
                row.currentWave = Math.max(row.currentWave, index);
            }
        }
        for (int k = 0; k < rollout.members().size(); k++) {
            DeviceInRollout device = after.devices().get(k);
            if (!device.equals(before.devices().get(k))) {
                rollout.members().get(k).write(device, now);
            }
        }
    }

    private void store(RolloutEntity row, Decision.RecordVerdict decision, Instant now) {
        String gate = decision.gate().value();
        VerdictEntity stored = repository
                .findVerdict(row.id, decision.wave(), gate)
                .orElseGet(() -> {
                    VerdictEntity fresh = new VerdictEntity(row.id, decision.wave(), gate, now);
                    fresh.evidence =
                            json.write(EvidenceBody.of(decision.assessment().evidence()));
                    repository.save(fresh);
                    return fresh;
                });
        stored.verdict = decision.assessment().verdict();
        stored.holdsWave = decision.assessment().holdsWave();
        stored.sentence = decision.assessment().sentence();
        stored.evidence = json.write(EvidenceBody.of(decision.assessment().evidence()));
        stored.at = now;
    }
}
