-- A second model beside a slot's own: what is wanted, what the device says of it, and how far the two agree.
create table desired_shadow (
    device_id      text             not null,
    slot           text             not null,
    attempt_id     uuid             not null,
    release_id     uuid             not null references release (id),
    variant_sha256 bytea            not null check (octet_length(variant_sha256) = 32),
    -- Of live inputs.
    share          double precision not null check (share > 0 and share <= 1),
    -- 0: no bound
    max_inputs     bigint           not null check (max_inputs >= 0),
    max_seconds    integer          not null check (max_seconds >= 0),
    started_at     timestamptz      not null,
    started_by     text             not null,
    primary key (device_id, slot)
);
create index desired_shadow_release on desired_shadow (release_id);

alter table device_slot
    -- tinyfleet.v1.Attempt; null: the device reports no shadow
    add column shadow            bytea,
    add column shadow_updated_at timestamptz;

-- One row a device, slot, shadow and the model it stood beside: what people read and gates will. Sums only grow, from
-- windows that were newly stored.
create table shadow_comparison (
    device_id       text        not null,
    slot            text        not null,
    attempt_id      uuid        not null,
    active_sha256   bytea       not null check (octet_length(active_sha256) = 32),
    shadow_sha256   bytea       not null check (octet_length(shadow_sha256) = 32),
    hardware_class  text        not null,
    windows         bigint      not null,
    compared        bigint      not null,
    dropped         bigint      not null,
    warm_up         bigint      not null,
    not_comparable  bigint      not null,
    failed          bigint      not null,
    latency_sketch  bytea       not null,
    cpu_seconds     double precision not null,
    rss_peak_bytes  bigint      not null,
    first_at        timestamptz not null,
    last_at         timestamptz not null,
    primary key (device_id, slot, attempt_id, active_sha256)
);
create index shadow_comparison_shadow on shadow_comparison (shadow_sha256, last_at);

create table shadow_agreement (
    device_id     text             not null,
    slot          text             not null,
    attempt_id    uuid             not null,
    active_sha256 bytea            not null,
    measure       text             not null,
    compared      bigint           not null,
    sum           double precision not null,
    agreed        bigint           not null,
    agree_at      double precision not null,
    primary key (device_id, slot, attempt_id, active_sha256, measure),
    foreign key (device_id, slot, attempt_id, active_sha256)
        references shadow_comparison (device_id, slot, attempt_id, active_sha256) on delete cascade
);
