package io.tinyfleet.server.rollout;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.server.device.DeviceDirectory;
import io.tinyfleet.server.device.DevicePresence;
import io.tinyfleet.server.device.DeviceSnapshot;
import io.tinyfleet.server.rollout.RolloutRepository.StateCount;
import io.tinyfleet.server.rollout.RolloutRepository.Unfinished;
import io.tinyfleet.server.rollout.RolloutSummary.Mark;
import io.tinyfleet.server.rollout.RolloutSummary.ReleaseName;
import io.tinyfleet.server.rollout.RolloutSummary.StateReason;
import io.tinyfleet.server.rollout.RolloutSummary.WaveSummary;
import io.tinyfleet.server.rollout.engine.DeviceStateName;
import io.tinyfleet.server.rollout.engine.Reason;
import io.tinyfleet.server.rollout.engine.RolloutStateName;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Rollouts in lists. */
@ApplicationScoped
class ShowRollouts implements RolloutDirectory {
    private static final int MAX_MOVING = 100;
    private static final Duration NEWS = Duration.ofDays(1);
    static final Set<RolloutStateName> MOVING =
            Set.of(RolloutStateName.RUNNING, RolloutStateName.PAUSED, RolloutStateName.ROLLING_BACK);
    /** Done first, then what is under way, then what went wrong, then what waits. */
    private static final List<DeviceStateName> RIBBON = List.of(
            DeviceStateName.HEALTHY,
            DeviceStateName.IDLE,
            DeviceStateName.FAILED,
            DeviceStateName.ROLLED_BACK,
            DeviceStateName.TIMED_OUT,
            DeviceStateName.REJECTED,
            DeviceStateName.PROBATION,
            DeviceStateName.ACTIVATING,
            DeviceStateName.SHADOWING,
            DeviceStateName.VERIFIED,
            DeviceStateName.DOWNLOADING,
            DeviceStateName.OFFERED,
            DeviceStateName.PENDING,
            DeviceStateName.CANCELLED,
            DeviceStateName.SKIPPED);

    private final RolloutRepository repository;
    private final DeviceDirectory devices;
    private final InstantSource clock;

    ShowRollouts(RolloutRepository repository, DeviceDirectory devices, InstantSource clock) {
        this.repository = repository;
        this.devices = devices;
        this.clock = clock;
    }

    /** Counts of some rollouts, read with three queries. */
    record Tallies(List<StateCount> states, List<Unfinished> offline) {
        RolloutCounts of(UUID rollout) {
            return count(rollout, wave -> true);
        }

        RolloutCounts of(UUID rollout, int wave) {
            return count(rollout, index -> index == wave);
        }

        List<Mark> marks(UUID rollout, int wave) {
            Map<DeviceStateName, Long> states = byState(rollout, index -> index == wave);
            return RIBBON.stream()
                    .filter(states::containsKey)
                    .map(state -> new Mark(state.name(), states.getOrDefault(state, 0L)))
                    .toList();
        }

        private RolloutCounts count(UUID rollout, Predicate<Integer> waves) {
            long away = offline.stream()
                    .filter(device -> device.rollout().equals(rollout) && waves.test(device.wave()))
                    .count();
            return RolloutCounts.of(byState(rollout, waves), away);
        }

        private Map<DeviceStateName, Long> byState(UUID rollout, Predicate<Integer> waves) {
            Map<DeviceStateName, Long> byState = new EnumMap<>(DeviceStateName.class);
            states.stream()
                    .filter(count -> count.rollout().equals(rollout) && waves.test(count.wave()))
                    .forEach(count -> byState.merge(count.state(), count.count(), Long::sum));
            return byState;
        }
    }

    Tallies tallies(Collection<UUID> rollouts) {
        if (rollouts.isEmpty()) {
            return new Tallies(List.of(), List.of());
        }
        List<Unfinished> unfinished = repository.unfinished(rollouts);
        Set<DeviceId> asked = unfinished.stream()
                .map(device -> new DeviceId(device.device()))
                .collect(Collectors.toUnmodifiableSet());
        Set<String> away = asked.isEmpty()
                ? Set.of()
                : devices.list(asked).stream()
                        .filter(device -> device.presence() == DevicePresence.OFFLINE)
                        .map(DeviceSnapshot::id)
                        .map(DeviceId::value)
                        .collect(Collectors.toUnmodifiableSet());
        return new Tallies(
                repository.stateCounts(rollouts),
                unfinished.stream()
                        .filter(device -> away.contains(device.device()))
                        .toList());
    }

    @Transactional
    List<RolloutSummary> list(Collection<RolloutStateName> states, int limit) {
        List<RolloutEntity> rows = repository.list(states, limit);
        List<UUID> ids = rows.stream().map(row -> row.id).toList();
        Tallies tallies = tallies(ids);
        List<WaveEntity> waves = ids.isEmpty() ? List.of() : repository.waves(ids);
        return rows.stream()
                .map(row -> new RolloutSummary(
                        row.id.toString(),
                        row.name,
                        row.state.name(),
                        reason(row),
                        release(row),
                        row.slot,
                        row.author,
                        row.createdAt,
                        Optional.ofNullable(row.startedAt),
                        Optional.ofNullable(row.endedAt),
                        tallies.of(row.id),
                        waves.stream()
                                .filter(wave -> wave.rolloutId.equals(row.id))
                                .map(wave -> new WaveSummary(
                                        wave.index,
                                        wave.name,
                                        wave.size,
                                        wave.state.name(),
                                        tallies.marks(row.id, wave.index)))
                                .toList()))
                .toList();
    }

    @Transactional
    long count(Collection<RolloutStateName> states) {
        return repository.count(states);
    }

    @Override
    @Transactional
    public List<RolloutSummary> listMoving() {
        return list(MOVING, MAX_MOVING);
    }

    @Override
    @Transactional
    public List<RolloutAlarm> listAlarms() {
        List<RolloutAlarm> alarms = new ArrayList<>();
        for (RolloutEntity row : repository.list(Set.of(RolloutStateName.PAUSED), MAX_MOVING)) {
            alarms.add(new RolloutAlarm(row.id.toString(), severity(row), row.name + " is paused", sentence(row)));
        }
        List<RolloutEntity> back = new ArrayList<>(repository.list(Set.of(RolloutStateName.ROLLING_BACK), MAX_MOVING));
        back.addAll(repository.endedSince(clock.instant().minus(NEWS), RolloutStateName.ROLLED_BACK));
        for (RolloutEntity row : back) {
            if (!Reason.PERSON.equals(row.reasonCode)) {
                String done = row.state == RolloutStateName.ROLLED_BACK ? " was rolled back" : " is rolling back";
                alarms.add(new RolloutAlarm(
                        row.id.toString(), RolloutAlarm.Severity.FAILING, row.name + done, sentence(row)));
            }
        }
        alarms.sort(Comparator.comparing(RolloutAlarm::severity));
        return List.copyOf(alarms);
    }

    private static RolloutAlarm.Severity severity(RolloutEntity row) {
        if (Reason.GATE_FAILED.equals(row.reasonCode)) {
            return RolloutAlarm.Severity.FAILING;
        }
        return Reason.PERSON.equals(row.reasonCode) ? RolloutAlarm.Severity.INFO : RolloutAlarm.Severity.DEGRADED;
    }

    private static String sentence(RolloutEntity row) {
        return reason(row).map(StateReason::sentence).orElse("");
    }

    static Optional<StateReason> reason(RolloutEntity row) {
        return row.read().why().map(why -> new StateReason(why.code(), why.sentence()));
    }

    static ReleaseName release(RolloutEntity row) {
        return new ReleaseName(row.releaseId.toString(), row.model, row.releaseVersion);
    }
}
