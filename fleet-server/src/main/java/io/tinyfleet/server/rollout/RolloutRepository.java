package io.tinyfleet.server.rollout;

import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.server.rollout.engine.DeviceStateName;
import io.tinyfleet.server.rollout.engine.RolloutStateName;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The rollout aggregate: its row, waves, devices, verdicts, overrides, history and used keys. */
@ApplicationScoped
class RolloutRepository implements PanacheRepositoryBase<RolloutEntity, UUID> {
    /** Devices of these states are no longer any other rollout's business. */
    private static final List<DeviceStateName> LET_GO = List.of(DeviceStateName.SKIPPED, DeviceStateName.CANCELLED);

    private static final Set<RolloutStateName> MOVING =
            Set.of(RolloutStateName.RUNNING, RolloutStateName.PAUSED, RolloutStateName.ROLLING_BACK);

    /** How many devices are in one state, in one wave of one rollout. */
    record StateCount(UUID rollout, int wave, DeviceStateName state, long count) {}

    record Unfinished(UUID rollout, int wave, String device) {}

    /** A device's newest failure with a variant of a release. */
    record Failure(DeviceId device, String code, String detail) {}

    List<UUID> movingIds() {
        return getEntityManager()
                .createQuery("select r.id from RolloutEntity r where r.state in ?1 order by r.id", UUID.class)
                .setParameter(1, MOVING)
                .getResultList();
    }

    /** Waits for the row. */
    Optional<RolloutEntity> lock(UUID id) {
        return lock(id, "select id from rollout where id = ?1 for update");
    }

    /** Empty also when another replica works on it now. */
    Optional<RolloutEntity> lockUnlessLocked(UUID id) {
        return lock(id, "select id from rollout where id = ?1 for update skip locked");
    }

    private Optional<RolloutEntity> lock(UUID id, String sql) {
        boolean locked = !getEntityManager()
                .createNativeQuery(sql, UUID.class)
                .setParameter(1, id)
                .getResultList()
                .isEmpty();
        return locked ? findByIdOptional(id) : Optional.empty();
    }

    /** Until the end of the transaction nobody else starts a rollout for this slot. */
    void lockSlot(String slot) {
        getEntityManager()
                .createNativeQuery("select 1 from (select pg_advisory_xact_lock(hashtextextended(?1, 4711))) locked")
                .setParameter(1, "rollout-slot:" + slot)
                .getResultList();
    }

    void flushNow() {
        getEntityManager().flush();
    }

    void save(Object entity) {
        getEntityManager().persist(entity);
    }

    List<WaveEntity> waves(UUID rollout) {
        return getEntityManager()
                .createQuery("from WaveEntity w where w.rolloutId = ?1 order by w.index", WaveEntity.class)
                .setParameter(1, rollout)
                .getResultList();
    }

    List<WaveEntity> waves(Collection<UUID> rollouts) {
        return getEntityManager()
                .createQuery(
                        "from WaveEntity w where w.rolloutId in ?1 order by w.rolloutId, w.index", WaveEntity.class)
                .setParameter(1, rollouts)
                .getResultList();
    }

    List<MemberEntity> members(UUID rollout) {
        return getEntityManager()
                .createQuery("from MemberEntity m where m.rolloutId = ?1 order by m.rank", MemberEntity.class)
                .setParameter(1, rollout)
                .getResultList();
    }

    Set<DeviceId> memberIds(UUID rollout) {
        return getEntityManager()
                .createQuery("select m.deviceId from MemberEntity m where m.rolloutId = ?1", String.class)
                .setParameter(1, rollout)
                .getResultStream()
                .map(DeviceId::new)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** One page in planned order, from the first rank above the given one. */
    List<MemberEntity> page(UUID rollout, MemberFilter filter, int aboveRank, int limit) {
        return getEntityManager()
                .createQuery(
                        "from MemberEntity m where" + filter.where() + " and m.rank > :rank order by m.rank",
                        MemberEntity.class)
                .setParameter("rollout", rollout)
                .setParameter("states", filter.states())
                .setParameter("wave", filter.wave())
                .setParameter("anyWave", filter.wave() == MemberFilter.ANY_WAVE)
                .setParameter("rank", aboveRank)
                .setMaxResults(limit)
                .getResultList();
    }

    long count(UUID rollout, MemberFilter filter) {
        return getEntityManager()
                .createQuery("select count(*) from MemberEntity m where" + filter.where(), Long.class)
                .setParameter("rollout", rollout)
                .setParameter("states", filter.states())
                .setParameter("wave", filter.wave())
                .setParameter("anyWave", filter.wave() == MemberFilter.ANY_WAVE)
                .getSingleResult();
    }

    List<StateCount> stateCounts(Collection<UUID> rollouts) {
        return getEntityManager()
                .createQuery(
                        "select m.rolloutId, m.wave, m.state, count(*) from MemberEntity m where m.rolloutId in ?1"
                                + " group by m.rolloutId, m.wave, m.state",
                        StateCount.class)
                .setParameter(1, rollouts)
                .getResultList();
    }

    /** Devices still offered or to be offered: those whose presence is worth telling. */
    List<Unfinished> unfinished(Collection<UUID> rollouts) {
        return getEntityManager()
                .createQuery(
                        "select m.rolloutId, m.wave, m.deviceId from MemberEntity m"
                                + " where m.rolloutId in ?1 and m.state in ?2",
                        Unfinished.class)
                .setParameter(1, rollouts)
                .setParameter(
                        2,
                        Stream.of(DeviceStateName.values())
                                .filter(state -> state == DeviceStateName.PENDING || state.isInFlight())
                                .toList())
                .getResultList();
    }

    /** Devices that another unfinished rollout holds for the same slot, with that rollout's name. */
    Map<DeviceId, String> heldByOthers(UUID rollout, String slot) {
        Map<DeviceId, String> held = new HashMap<>();
        getEntityManager()
                .createQuery(
                        "select m.deviceId, r.name from MemberEntity m join RolloutEntity r on r.id = m.rolloutId"
                                + " where r.id <> ?1 and r.slot = ?2 and r.state in ?3 and m.state not in ?4",
                        Object[].class)
                .setParameter(1, rollout)
                .setParameter(2, slot)
                .setParameter(3, MOVING)
                .setParameter(4, LET_GO)
                .getResultList()
                .forEach(row -> held.put(new DeviceId((String) row[0]), (String) row[1]));
        return held;
    }

    /** The penalty box: devices whose newest attempt with the release failed because of the artifact. */
    Map<DeviceId, Failure> failures(UUID release, String slot) {
        Map<DeviceId, Failure> failures = new HashMap<>();
        for (Object row : getEntityManager()
                .createNativeQuery("""
                        select device_id, cause_code, cause_detail from (
                            select distinct on (m.device_id) m.device_id, m.cause_code, m.cause_detail, m.state, m.value
                            from rollout_device m join rollout r on r.id = m.rollout_id
                            where r.release_id = ?1 and r.slot = ?2 and m.attempt_id is not null
                            order by m.device_id, m.offered_at desc
                        ) newest
                        where state in ('FAILED', 'ROLLED_BACK') and value = 'FAILED'
                        """, Object[].class)
                .setParameter(1, release)
                .setParameter(2, slot)
                .getResultList()) {
            Object[] columns = (Object[]) row;
            DeviceId device = new DeviceId((String) columns[0]);
            failures.put(device, new Failure(device, (String) columns[1], (String) columns[2]));
        }
        return failures;
    }

    /** Devices that failed in this slot with the same file under another release. */
    Set<DeviceId> failedWithFileOfOtherRelease(UUID release, String slot, byte[] variant) {
        return Stream.of(getEntityManager()
                        .createQuery(
                                "select distinct m.deviceId from MemberEntity m join RolloutEntity r on r.id = m.rolloutId"
                                        + " where r.releaseId <> ?1 and r.slot = ?2 and m.variantSha256 = ?3"
                                        + " and m.state in ?4 and m.value = io.tinyfleet.server.rollout.engine.Value.FAILED",
                                String.class)
                        .setParameter(1, release)
                        .setParameter(2, slot)
                        .setParameter(3, variant)
                        .setParameter(4, List.of(DeviceStateName.FAILED, DeviceStateName.ROLLED_BACK))
                        .getResultList())
                .flatMap(List::stream)
                .map(DeviceId::new)
                .collect(Collectors.toUnmodifiableSet());
    }

    List<VerdictEntity> verdicts(UUID rollout) {
        return getEntityManager()
                .createQuery("from VerdictEntity v where v.rolloutId = ?1 order by v.wave, v.gate", VerdictEntity.class)
                .setParameter(1, rollout)
                .getResultList();
    }

    Optional<VerdictEntity> findVerdict(UUID rollout, int wave, String gate) {
        return Optional.ofNullable(
                getEntityManager().find(VerdictEntity.class, new VerdictEntity.Key(rollout, wave, gate)));
    }

    List<OverrideEntity> overrides(UUID rollout) {
        return getEntityManager()
                .createQuery(
                        "from OverrideEntity o where o.rolloutId = ?1 order by o.at, o.fromOrder", OverrideEntity.class)
                .setParameter(1, rollout)
                .getResultList();
    }

    Optional<VerbKeyEntity> findKey(UUID rollout, String key) {
        return Optional.ofNullable(getEntityManager().find(VerbKeyEntity.class, new VerbKeyEntity.Key(rollout, key)));
    }

    /** Newest first. */
    List<HistoryEntity> history(UUID rollout, boolean minorToo, int limit) {
        return getEntityManager()
                .createQuery(
                        "from HistoryEntity h where h.rolloutId = ?1 and (?2 = true or h.minor = false) order by h.id desc",
                        HistoryEntity.class)
                .setParameter(1, rollout)
                .setParameter(2, minorToo)
                .setMaxResults(limit)
                .getResultList();
    }

    /** Newest first. */
    List<RolloutEntity> list(Collection<RolloutStateName> states, int limit) {
        return find("state in ?1 order by createdAt desc, id desc", states)
                .page(0, limit)
                .list();
    }

    long count(Collection<RolloutStateName> states) {
        return count("state in ?1", states);
    }

    List<RolloutEntity> endedSince(Instant since, RolloutStateName state) {
        return list("state = ?1 and endedAt >= ?2 order by endedAt desc", state, since);
    }

    /** Plans that nobody started. */
    int deleteDraftsBefore(Instant limit) {
        return getEntityManager()
                .createNativeQuery("delete from rollout where state = 'DRAFT' and created_at < ?1")
                .setParameter(1, limit.atOffset(ZoneOffset.UTC))
                .executeUpdate();
    }
}
