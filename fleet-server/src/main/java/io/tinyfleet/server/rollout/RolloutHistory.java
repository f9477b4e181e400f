package io.tinyfleet.server.rollout;

import io.tinyfleet.server.rollout.engine.Assessment;
import io.tinyfleet.server.rollout.engine.Cause;
import io.tinyfleet.server.rollout.engine.Decision;
import io.tinyfleet.server.rollout.engine.DeviceState;
import io.tinyfleet.server.rollout.engine.DeviceStateName;
import io.tinyfleet.server.rollout.engine.Snapshot;
import io.tinyfleet.server.rollout.engine.Verdict;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Writes down each step: who or what caused it, and a sentence for people. */
@ApplicationScoped
class RolloutHistory {
    static final String ENGINE = "engine";

    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm:ss 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);
    /** Ends of single devices that people want to see without asking. */
    private static final Set<DeviceStateName> NOTABLE = Set.of(
            DeviceStateName.FAILED,
            DeviceStateName.ROLLED_BACK,
            DeviceStateName.REJECTED,
            DeviceStateName.TIMED_OUT,
            DeviceStateName.IDLE,
            DeviceStateName.SKIPPED);

    private final RolloutRepository repository;
    private final JsonColumns json;

    RolloutHistory(RolloutRepository repository, JsonColumns json) {
        this.repository = repository;
        this.json = json;
    }

    /** A step of the rollout as a whole. */
    void note(RolloutEntity rollout, Instant at, String actor, String kind, String sentence) {
        repository.save(new HistoryEntity(rollout.id, at, actor, kind, sentence));
    }

    void note(RolloutEntity rollout, Snapshot before, Decision decision, Instant at) {
        if (decision instanceof Decision.RecordVerdict verdict) {
            noteVerdict(rollout, before, verdict, at);
            return;
        }
        HistoryEntity step = entry(rollout, before, decision, at);
        repository.save(step);
    }

    private HistoryEntity entry(RolloutEntity rollout, Snapshot before, Decision decision, Instant at) {
        if (decision instanceof Decision.Offer offer) {
            return device(
                    rollout,
                    at,
                    "offered",
                    offer.device().value(),
                    "was offered " + rollout.model + " " + rollout.releaseVersion,
                    true);
        }
        if (decision instanceof Decision.Withdraw withdraw) {
            return device(
                    rollout,
                    at,
                    "withdrawn",
                    withdraw.device().value(),
                    "did not acknowledge the offer in time; it was withdrawn",
                    true);
        }
        if (decision instanceof Decision.Revert revert) {
            return device(
                    rollout, at, "reverted", revert.device().value(), "is pointed back to what it held before", true);
        }
        if (decision instanceof Decision.MoveDevice move) {
            DeviceStateName state = move.state().name();
            boolean takenBack = move.state().cause().code().equals(Cause.TAKEN_BACK);
            return device(
                    rollout,
                    at,
                    "device-" + word(state),
                    move.device().value(),
                    sentence(move.state()),
                    takenBack || !NOTABLE.contains(state));
        }
        return ofRollout(rollout, before, decision, at);
    }

    private static HistoryEntity ofRollout(RolloutEntity rollout, Snapshot before, Decision decision, Instant at) {
        if (decision instanceof Decision.OpenWave open) {
            return wave(rollout, at, "wave-opened", open.wave(), name(before, open.wave()) + " opened");
        }
        if (decision instanceof Decision.Soak soak) {
            return wave(
                    rollout,
                    at,
                    "wave-soaking",
                    soak.wave(),
                    name(before, soak.wave()) + " soaks until " + CLOCK.format(soak.endsAt()));
        }
        if (decision instanceof Decision.PassWave pass) {
            return wave(rollout, at, "wave-passed", pass.wave(), pass.sentence());
        }
        if (decision instanceof Decision.FailWave fail) {
            return wave(rollout, at, "wave-failed", fail.wave(), name(before, fail.wave()) + " failed");
        }
        if (decision instanceof Decision.SkipWave skip) {
            return wave(rollout, at, "wave-skipped", skip.wave(), name(before, skip.wave()) + " has no device left");
        }
        if (decision instanceof Decision.Pause pause) {
            return new HistoryEntity(
                    rollout.id, at, ENGINE, "paused", pause.why().sentence());
        }
        if (decision instanceof Decision.RollBack back) {
            return new HistoryEntity(
                    rollout.id, at, ENGINE, "rolling-back", back.why().sentence());
        }
        if (decision instanceof Decision.FinishRollBack) {
            return new HistoryEntity(
                    rollout.id,
                    at,
                    ENGINE,
                    "rolled-back",
                    "Every exposed device is back on what it held before, or goes back when it returns");
        }
        return new HistoryEntity(rollout.id, at, ENGINE, "completed", "The rollout is complete");
    }

    private void noteVerdict(RolloutEntity rollout, Snapshot before, Decision.RecordVerdict verdict, Instant at) {
        Assessment now = verdict.assessment();
        Verdict last = Optional.ofNullable(before.recorded().get(new Snapshot.GateKey(verdict.wave(), verdict.gate())))
                .map(Assessment::verdict)
                .orElse(Verdict.INSUFFICIENT);
        boolean news = last != now.verdict() && (now.holdsWave() || now.verdict() == Verdict.FAIL);
        if (!news) {
            return;
        }
        HistoryEntity step = wave(
                rollout,
                at,
                "verdict",
                verdict.wave(),
                "Gate " + verdict.gate() + " says " + now.verdict() + ": " + now.sentence());
        step.evidence = json.write(EvidenceBody.of(now.evidence()));
        repository.save(step);
    }

    private static HistoryEntity wave(RolloutEntity rollout, Instant at, String kind, int wave, String sentence) {
        HistoryEntity step = new HistoryEntity(rollout.id, at, ENGINE, kind, sentence);
        step.wave = wave;
        return step;
    }

    private static HistoryEntity device(
            RolloutEntity rollout, Instant at, String kind, String device, String sentence, boolean minor) {
        HistoryEntity step = new HistoryEntity(rollout.id, at, ENGINE, kind, device + " " + sentence);
        step.deviceId = device;
        step.minor = minor;
        return step;
    }

    private static String name(Snapshot snapshot, int wave) {
        return "Wave " + (wave + 1) + " (" + snapshot.plan().waves().get(wave).name() + ")";
    }

    private static String word(DeviceStateName state) {
        return state.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String sentence(DeviceState state) {
        String why = why(state.cause());
        return switch (state.name()) {
            case PENDING -> "waits for its turn";
            case OFFERED -> "was offered";
            case DOWNLOADING -> "downloads";
            case VERIFIED -> "holds the whole model, verified";
            case SHADOWING -> "runs the new model beside the old";
            case ACTIVATING -> "activates the new model";
            case PROBATION -> "runs the new model on probation";
            case HEALTHY -> "is healthy on the new model";
            case FAILED -> "failed and keeps its old model" + why;
            case ROLLED_BACK -> "runs its previous model again" + why;
            case REJECTED -> "rejected the model" + why;
            case TIMED_OUT -> "was not heard of in time" + why;
            case IDLE -> "runs the new model, with too few inferences to judge it" + why;
            case CANCELLED -> "was cancelled" + why;
            case SKIPPED -> "was skipped" + why;
        };
    }

    private static String why(Cause cause) {
        if (cause.code().isBlank()) {
            return "";
        }
        return ": " + cause.code() + (cause.detail().isBlank() ? "" : " (" + cause.detail() + ")");
    }
}
