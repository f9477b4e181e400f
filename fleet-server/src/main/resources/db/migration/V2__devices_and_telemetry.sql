create table enrolment_token (
    id         uuid primary key,
    name       text        not null,
    token_hash bytea       not null unique check (octet_length(token_hash) = 32),
    kind       text        not null check (kind in ('REAL', 'REPLAY', 'SIMULATED')),
    max_uses   integer     not null check (max_uses >= 1),
    uses       integer     not null check (uses between 0 and max_uses),
    created_by text        not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);

-- One row a device. Presence is in it on purpose: ingest locks these rows in the order of ids anyway.
create table device (
    id                   text collate "C" primary key check (id ~ '^[A-Za-z0-9_-]{1,64}$'),
    kind                 text        not null check (kind in ('REAL', 'REPLAY', 'SIMULATED')),
    hardware_class       text        not null,
    public_key           bytea       not null,
    key_digest           bytea       not null check (octet_length(key_digest) = 32),
    -- Grows with every enrolment under another key; part of the device's secret and of what its messages are known by.
    key_generation       integer     not null,
    enrolment_token_id   uuid        not null references enrolment_token,
    enrolled_at          timestamptz not null,
    retired_at           timestamptz,
    quarantined_at       timestamptz,
    quarantine_reason    text,
    quarantined_by       text,
    presence             text        not null check (presence in ('ONLINE', 'OFFLINE', 'UNKNOWN')),
    presence_reason      text        not null,
    presence_since       timestamptz not null,
    -- Orders presence: an old will cannot mark a newer connection offline.
    presence_boot        bigint      not null default 0,
    presence_connection  bigint      not null default 0,
    presence_ended       boolean     not null default false,
    -- The highest boot counter in any message.
    boot_counter         bigint      not null default 0,
    last_seen            timestamptz,
    -- Time the device was heard to be online, credited up to an instant.
    online_millis        bigint      not null default 0,
    online_credited_to   timestamptz,
    facts                bytea       not null default '',
    agent_version        text        not null default '',
    reported_boot        bigint      not null default 0,
    reported_seq         bigint      not null default 0,
    reported_desired_seq bigint      not null default 0,
    state                text        not null,
    state_reason         text        not null
) with (fillfactor = 70);

create table device_slot (
    device_id            text collate "C" not null references device,
    slot                 text        not null,
    active_sha256        bytea,
    active_release_id    uuid,
    active_model         text,
    active_version       text,
    previous_sha256      bytea,
    previous_release_id  uuid,
    previous_model       text,
    previous_version     text,
    attempt_id           uuid,
    attempt_sha256       bytea,
    attempt_phase        integer,
    attempt_reason       text,
    attempt_detail       text,
    bytes_done           bigint      not null default 0,
    bytes_total          bigint      not null default 0,
    probation_seconds    bigint      not null default 0,
    probation_inferences bigint      not null default 0,
    chunks_written       bigint      not null default 0,
    chunks_repeated      bigint      not null default 0,
    chunks_refused       bigint      not null default 0,
    attempt_updated_at   timestamptz,
    -- What the newest window said, and of which artifact.
    figures_sha256       bytea,
    figures_boot         bigint      not null default 0,
    figures_seq          bigint      not null default 0,
    latency_p95_millis   double precision,
    energy_millijoules   double precision,
    energy_label         text,
    failed_share         double precision,
    throttled            boolean     not null default false,
    primary key (device_id, slot)
) with (fillfactor = 70);
create index device_slot_active on device_slot (active_model, active_version);

create table device_event (
    id              bigint generated always as identity primary key,
    device_id       text collate "C" not null references device,
    received_at     timestamptz not null,
    -- The device's own time, when its clock was synchronised; else the time of receipt.
    at              timestamptz not null,
    code            text        not null,
    severity        text        not null,
    slot            text,
    attempt_id      uuid,
    artifact_sha256 bytea,
    detail          text        not null
);
create index device_event_device on device_event (device_id, id);
create index device_event_received on device_event using brin (received_at);

-- What is stored of each stream of each boot: all numbers up to up_to, and the ranges [first, last, first, last, ...]
-- beyond it. Never partitioned: this is what makes a repeated message harmless for as long as it may come.
create table stored_mark (
    device_id    text collate "C" not null references device,
    stream       smallint not null,
    boot_counter bigint   not null,
    up_to        bigint   not null,
    beyond       bigint[] not null,
    -- Numbers the device gave up: counted loss.
    skipped      bigint   not null,
    primary key (device_id, stream, boot_counter)
) with (fillfactor = 70);

create table dead_letter (
    id          bigint generated always as identity primary key,
    topic       text        not null,
    reason      text        not null,
    payload     bytea       not null,
    received_at timestamptz not null
);

-- Partitions are made ahead, one for each day of receipt, and dropped whole.
create table telemetry_window (
    received_on            date        not null,
    device_id              text collate "C" not null,
    key_generation         integer     not null,
    boot_counter           bigint      not null,
    seq                    bigint      not null,
    received_at            timestamptz not null,
    slot                   text        not null,
    artifact_sha256        bytea       not null,
    attempt_id             uuid,
    phase                  text        not null,
    source                 text        not null,
    monotonic_start_millis bigint      not null,
    duration_millis        bigint      not null,
    -- Null when the device has no clock: then the window is placed by its receipt.
    wall_start             timestamptz,
    ok                     bigint      not null,
    failed                 bigint      not null,
    failed_by_code         jsonb       not null,
    latency_sketch         bytea       not null,
    latency_p50_millis     double precision,
    latency_p95_millis     double precision,
    queue_wait_sketch      bytea       not null,
    energy_label           text        not null,
    joules_gross           double precision not null,
    joules_net             double precision not null,
    idle_watts             double precision not null,
    energy_samples         integer     not null,
    energy_ci95_joules     double precision not null,
    energy_method          text        not null,
    energy_scope           text        not null,
    cpu_seconds            double precision not null,
    rss_peak_bytes         bigint      not null,
    score_threshold        double precision,
    score_over             bigint      not null,
    score_total            bigint      not null,
    score_histogram        bigint[]    not null,
    temperature_celsius    double precision,
    throttled              boolean     not null,
    primary key (received_on, device_id, key_generation, boot_counter, seq)
) partition by range (received_on);
create index telemetry_window_received on telemetry_window using brin (received_at) with (pages_per_range = 32);

-- What people read over time: sketches merged and counts added from windows newly stored, in the same transaction.
create table telemetry_rollup (
    bucket          timestamptz not null,
    artifact_sha256 bytea       not null,
    hardware_class  text        not null,
    energy_label    text        not null,
    windows         bigint      not null default 0,
    ok              bigint      not null default 0,
    failed          bigint      not null default 0,
    latency_sketch  bytea       not null default '',
    -- Of the windows whose energy was above its own resolution, and their inferences.
    joules_net      double precision not null default 0,
    joules_of       bigint      not null default 0,
    primary key (bucket, artifact_sha256, hardware_class, energy_label)
) with (fillfactor = 50);

-- How much of the fleet was online, once a minute.
create table fleet_sample (
    at     timestamptz primary key,
    online integer not null,
    total  integer not null
);
