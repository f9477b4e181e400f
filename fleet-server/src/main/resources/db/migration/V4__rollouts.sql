create table rollout (
    id              uuid primary key,
    name            text        not null,
    release_id      uuid        not null,
    model           text        not null,
    release_version text        not null,
    slot            text        not null,
    author          text        not null,
    state           text        not null check (state in
        ('DRAFT', 'READY', 'RUNNING', 'PAUSED', 'ROLLING_BACK', 'ROLLED_BACK', 'COMPLETED', 'ABORTED')),
    reason_code     text,
    reason_sentence text,
    -- What was decided before the start: filter, waves, probation, deadlines, gates, responses. Never changed.
    plan            jsonb       not null,
    created_at      timestamptz not null,
    started_at      timestamptz,
    -- The last start or resume: no deadline for missing evidence began before it.
    moving_since    timestamptz,
    ended_at        timestamptz,
    current_wave    integer     not null default -1,
    version         bigint      not null,
    check ((reason_code is null) = (reason_sentence is null))
);
create index rollout_moving on rollout (id) where state in ('RUNNING', 'PAUSED', 'ROLLING_BACK');
create index rollout_created on rollout (created_at desc, id);

create table rollout_wave (
    rollout_id     uuid        not null references rollout on delete cascade,
    index          integer     not null check (index >= 0),
    name           text        not null,
    size           integer     not null check (size >= 0),
    max_in_flight  integer     not null check (max_in_flight >= 1),
    soak_seconds   integer     not null check (soak_seconds >= 0),
    min_devices    integer     not null check (min_devices >= 1),
    state          text        not null check (state in ('WAITING', 'OPEN', 'SOAKING', 'PASSED', 'FAILED', 'SKIPPED')),
    opened_at      timestamptz,
    soak_ends_at   timestamptz,
    primary key (rollout_id, index)
);

-- A device in a rollout, the excluded ones too: they are SKIPPED with the reason.
create table rollout_device (
    rollout_id           uuid        not null references rollout on delete cascade,
    device_id            text collate "C" not null,
    hardware_class       text        not null,
    -- -1: the plan left it out
    wave                 integer     not null check (wave >= -1),
    rank                 integer     not null,
    -- The chosen variant; none fits when it is null.
    variant_sha256       bytea check (octet_length(variant_sha256) = 32),
    from_model           text,
    from_version         text,
    state                text        not null,
    cause_code           text        not null,
    cause_detail         text        not null,
    value                text        not null check (value in ('OPEN', 'HEALTHY', 'FAILED', 'LINK', 'NONE')),
    phase_since          timestamptz,
    phase_online_seconds bigint,
    attempt_id           uuid,
    offer_order          integer,
    offer_wave           integer,
    offered_at           timestamptz,
    -- The device's desired state points to the new artifact.
    wants_new            boolean     not null,
    withdrawals          integer     not null,
    retry                boolean     not null,
    -- The first attempt, kept when a person asked for another one.
    first_order          integer,
    first_wave           integer,
    first_value          text,
    -- What the slot held before the offer: the way back. JSON null: nothing.
    prior                jsonb,
    finished_at          timestamptz,
    updated_at           timestamptz not null,
    primary key (rollout_id, device_id),
    unique (rollout_id, rank),
    check ((attempt_id is null) = (offer_order is null)),
    check ((attempt_id is null) = (offer_wave is null)),
    check ((attempt_id is null) = (offered_at is null)),
    check ((first_order is null) = (first_value is null))
) with (fillfactor = 80);
create unique index rollout_device_attempt on rollout_device (attempt_id) where attempt_id is not null;
create index rollout_device_device on rollout_device (device_id);

-- What each gate last said for each wave.
create table rollout_verdict (
    rollout_id uuid        not null references rollout on delete cascade,
    wave       integer     not null,
    gate       text        not null,
    verdict    text        not null check (verdict in ('PASS', 'FAIL', 'INSUFFICIENT')),
    holds_wave boolean     not null,
    sentence   text        not null,
    evidence   jsonb       not null,
    at         timestamptz not null,
    primary key (rollout_id, wave, gate)
);

-- A person resumed past a FAIL: the gate's new test begins after this place in the order of offers, with an alpha of
-- its own.
create table rollout_override (
    id         uuid primary key,
    rollout_id uuid        not null references rollout on delete cascade,
    gate       text        not null,
    from_order integer     not null,
    alpha      double precision not null,
    by         text        not null,
    reason     text        not null,
    at         timestamptz not null
);
create index rollout_override_rollout on rollout_override (rollout_id);

-- Who or what caused each step.
create table rollout_event (
    id         bigint generated always as identity primary key,
    rollout_id uuid        not null,
    at         timestamptz not null,
    actor      text        not null,
    kind       text        not null,
    sentence   text        not null,
    wave       integer,
    device_id  text,
    evidence   jsonb,
    -- One device's ordinary step, left out unless asked for.
    minor      boolean     not null
);
create index rollout_event_rollout on rollout_event (rollout_id, id);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name;
end
$$;
create trigger rollout_event_append_only before update or delete on rollout_event
    for each row execute function refuse_change();

-- A repeated request is answered, not repeated.
create table rollout_verb_key (
    rollout_id  uuid        not null references rollout on delete cascade,
    key         text        not null check (octet_length(key) between 1 and 128),
    verb        text        not null,
    fingerprint text        not null,
    at          timestamptz not null,
    primary key (rollout_id, key)
);
