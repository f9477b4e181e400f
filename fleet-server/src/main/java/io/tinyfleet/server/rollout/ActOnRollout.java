package io.tinyfleet.server.rollout;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.UuidV7;
import io.tinyfleet.server.model.ReleaseDirectory;
import io.tinyfleet.server.platform.Problem;
import io.tinyfleet.server.rollout.engine.Cause;
import io.tinyfleet.server.rollout.engine.DeviceInRollout;
import io.tinyfleet.server.rollout.engine.DeviceState;
import io.tinyfleet.server.rollout.engine.DeviceStateName;
import io.tinyfleet.server.rollout.engine.Reason;
import io.tinyfleet.server.rollout.engine.RolloutState;
import io.tinyfleet.server.rollout.engine.Verdict;
import io.tinyfleet.server.rollout.engine.WaveState;
import io.tinyfleet.server.rollout.engine.WaveStateName;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Does what a person asks of a rollout, and lets the engine draw its conclusions in the same transaction. */
@ApplicationScoped
class ActOnRollout {
    private static final int MAX_KEY = 128;
    private static final int MAX_REASON = 500;
    private static final Set<DeviceStateName> FAILED =
            Set.of(DeviceStateName.FAILED, DeviceStateName.ROLLED_BACK, DeviceStateName.TIMED_OUT);

    private final RolloutRepository repository;
    private final RolloutStep step;
    private final RolloutHistory history;
    private final ReleaseDirectory releases;
    private final JsonColumns json;
    private final InstantSource clock;

    ActOnRollout(
            RolloutRepository repository,
            RolloutStep step,
            RolloutHistory history,
            ReleaseDirectory releases,
            JsonColumns json,
            InstantSource clock) {
        this.repository = repository;
        this.step = step;
        this.history = history;
        this.releases = releases;
        this.json = json;
        this.clock = clock;
    }

    /** @param by who asks, and the Idempotency-Key of the request */
    @Transactional
    void act(UUID id, Verb verb, VerbRequest request, Asking by) {
        check(request, by);
        RolloutEntity row = repository.lock(id).orElseThrow(() -> Problem.notFound("rollout", id));
        if (by.key().isPresent() && wasDone(row, verb, request, by.key().get())) {
            return;
        }
        if (request.version() == null || request.version() != row.version) {
            throw Problem.conflict(
                    "stale-version",
                    "The rollout has changed since: you saw version " + request.version() + ", it is " + row.version
                            + ".");
        }
        List<MemberEntity> members = repository.members(id);
        List<WaveEntity> waves = repository.waves(id);
        verb.refusal(situation(row, waves, members)).ifPresent(why -> {
            throw Problem.conflict("not-possible-now", why);
        });
        Instant now = clock.instant();
        perform(verb, row, new Parts(waves, members), by.reason(request), now);
        history.note(row, now, by.person(), verb.word(), sentence(verb, by, request));
        step.carryOut(row);
        step.tell(row);
    }

    /** Who asks. */
    record Asking(String person, Optional<String> key) {
        String reason(VerbRequest request) {
            return person
                    + (request.reason() == null || request.reason().isBlank()
                            ? ""
                            : ": " + request.reason().strip());
        }
    }

    private record Parts(List<WaveEntity> waves, List<MemberEntity> members) {}

    private static void check(VerbRequest request, Asking by) {
        if (request.version() == null) {
            throw Problem.invalid("version", "must be the version of the rollout that you saw", null);
        }
        if (request.reason() != null && request.reason().length() > MAX_REASON) {
            throw Problem.invalid("reason", "must have at most " + MAX_REASON + " characters", request.reason());
        }
        if (by.key().filter(key -> key.isBlank() || key.length() > MAX_KEY).isPresent()) {
            throw Problem.invalid(
                    "Idempotency-Key",
                    "must have 1 to " + MAX_KEY + " characters",
                    by.key().orElse(""));
        }
    }

    private boolean wasDone(RolloutEntity row, Verb verb, VerbRequest request, String key) {
        String fingerprint = request.version() + " " + (request.reason() == null ? "" : request.reason());
        Optional<VerbKeyEntity> used = repository.findKey(row.id, key);
        if (used.isEmpty()) {
            repository.save(
                    new VerbKeyEntity(new VerbKeyEntity.Key(row.id, key), verb.word(), fingerprint, clock.instant()));
            return false;
        }
        boolean same =
                used.get().verb.equals(verb.word()) && used.get().fingerprint.equals(fingerprint);
        if (!same) {
            throw Problem.conflict(
                    "idempotency-key-reused", "This Idempotency-Key was used for another request: " + used.get().verb);
        }
        return true;
    }

    static Verb.Situation situation(RolloutEntity row, List<WaveEntity> waves, List<MemberEntity> members) {
        return new Verb.Situation(
                row.read(),
                members.stream()
                        .filter(member -> member.state == DeviceStateName.PENDING)
                        .count(),
                members.stream().filter(ActOnRollout::mayRetry).count(),
                waves.stream()
                        .map(wave -> wave.state)
                        .filter(state -> state == WaveStateName.OPEN || state == WaveStateName.SOAKING)
                        .findFirst());
    }

    private static boolean mayRetry(MemberEntity member) {
        boolean boxed = member.state == DeviceStateName.SKIPPED && member.causeCode.equals(Eligibility.PENALTY_BOX);
        return FAILED.contains(member.state) || boxed;
    }

    private void perform(Verb verb, RolloutEntity row, Parts parts, String why, Instant now) {
        RolloutState state = row.read();
        switch (verb) {
            case START -> start(row, parts, state, now);
            case PAUSE ->
                row.write(((RolloutState.Running) state).pause(new Reason(Reason.PERSON, "Paused by " + why)), now);
            case RESUME -> resume(row, parts, (RolloutState.Paused) state, why, now);
            case ROLLBACK ->
                row.write(
                        ((RolloutState.Exposing) state).rollBack(new Reason(Reason.PERSON, "Rolled back by " + why)),
                        now);
            case ABORT ->
                row.write(((RolloutState.Unfinished) state).abort(new Reason(Reason.PERSON, "Aborted by " + why)), now);
            case ADVANCE ->
                parts.waves().stream()
                        .filter(wave -> wave.state == WaveStateName.SOAKING)
                        .forEach(wave -> wave.write(((WaveState.Soaking) wave.read()).endNow(now)));
            case RETRY_FAILED ->
                parts.members().stream()
                        .filter(ActOnRollout::mayRetry)
                        .forEach(member -> member.write(member.read().retry(), now));
        }
    }

    private void start(RolloutEntity row, Parts parts, RolloutState state, Instant now) {
        // Two starts for one slot, one after the other: the second sees which devices the first has taken.
        repository.lockSlot(row.slot);
        Map<DeviceId, String> held = repository.heldByOthers(row.id, row.slot);
        for (MemberEntity member : parts.members()) {
            String other = held.get(member.device());
            if (other != null && member.read().state() instanceof DeviceState.Pending pending) {
                Cause cause = new Cause(Eligibility.OTHER_ROLLOUT, "is in the rollout \"" + other + "\" for this slot");
                DeviceInRollout device = member.read();
                member.write(
                        new DeviceInRollout(
                                device.device(),
                                device.hardwareClass(),
                                device.wave(),
                                pending.skip(cause),
                                device.exposure()),
                        now);
            }
        }
        if (parts.members().stream().noneMatch(member -> member.state == DeviceStateName.PENDING)) {
            throw Problem.conflict(
                    "not-possible-now",
                    "No device is eligible any more: another rollout has taken them for this slot.");
        }
        RolloutState.Ready ready =
                state instanceof RolloutState.Draft draft ? draft.accept() : (RolloutState.Ready) state;
        row.write(ready.start(now), now);
        row.startedAt = now;
        releases.markUsed(new ReleaseId(row.releaseId));
    }

    /** Past every gate that says FAIL a new test begins, with an alpha of its own. */
    private void resume(RolloutEntity row, Parts parts, RolloutState.Paused paused, String why, Instant now) {
        int lastOrder = parts.members().stream()
                .mapToInt(member -> member.offerOrder == null ? 0 : member.offerOrder)
                .max()
                .orElse(0);
        double alpha = json.plan(row).install().alpha();
        repository.verdicts(row.id).stream()
                .filter(verdict -> verdict.verdict == Verdict.FAIL)
                .map(verdict -> verdict.gate)
                .distinct()
                .forEach(gate -> {
                    OverrideEntity override = new OverrideEntity(UuidV7.next(clock), row.id, gate, lastOrder, now);
                    override.by = why;
                    override.reason = paused.reason().sentence();
                    override.alpha = alpha;
                    repository.save(override);
                });
        row.write(paused.resume(now), now);
    }

    private static String sentence(Verb verb, Asking by, VerbRequest request) {
        String done = switch (verb) {
            case START -> "started the rollout";
            case PAUSE -> "paused the rollout";
            case RESUME -> "resumed the rollout";
            case ADVANCE -> "ended the soak early";
            case ROLLBACK -> "rolled the rollout back";
            case RETRY_FAILED -> "asked for another attempt of the failed devices";
            case ABORT -> "aborted the rollout";
        };
        String reason = request.reason() == null || request.reason().isBlank()
                ? ""
                : " (" + request.reason().strip() + ")";
        return by.person() + " " + done + reason;
    }
}
