-- What may run on devices, and what each device has been asked to run.

create table artifact (
    id                bigint generated always as identity primary key,
    sha256            bytea       not null unique check (octet_length(sha256) = 32),
    kind              text        not null check (kind in ('MODEL', 'SELF_TEST')),
    name              text,
    size_bytes        bigint      not null check (size_bytes > 0),
    -- Concatenated digests of the chunks, a blob of its own.
    chunk_list_sha256 bytea       not null check (octet_length(chunk_list_sha256) = 32),
    chunk_list_bytes  bigint      not null check (chunk_list_bytes > 0),
    -- What the inspection found, as JSON; a self-test has none.
    inspection        text,
    created_at        timestamptz not null,
    created_by        text        not null,
    check ((kind = 'MODEL') = (inspection is not null))
);

create table model (
    name        text primary key check (name ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
    task        text,
    description text,
    licence     text        not null,
    created_at  timestamptz not null,
    created_by  text        not null
);

-- Immutable: nothing but used_at ever changes.
create table release (
    id               uuid primary key,
    model            text        not null references model (name),
    version          text        not null,
    security_version bigint      not null check (security_version >= 0),
    licence          text        not null,
    envelope_sha256  bytea       not null check (octet_length(envelope_sha256) = 32),
    envelope_bytes   bigint      not null check (envelope_bytes > 0),
    -- The payload of the envelope, unsigned, so that reading a release needs no blob.
    manifest         bytea       not null,
    created_at       timestamptz not null,
    created_by       text        not null,
    -- Set once something was offered with it.
    used_at          timestamptz,
    unique (model, version)
);

-- The newest signed document of each device. The relay locks this row to sign and to send.
create table desired_state (
    device_id      text primary key,
    seq            bigint not null default 0 check (seq >= 0),
    -- Digest of what the document asks for, without its number and its times.
    content_sha256 bytea check (octet_length(content_sha256) = 32),
    envelope       bytea,
    issued_at      timestamptz,
    check ((seq = 0) = (envelope is null)),
    check ((envelope is null) = (issued_at is null)),
    check ((envelope is null) = (content_sha256 is null))
);
create index desired_state_issued_at on desired_state (issued_at);

create table desired_slot (
    device_id                  text     not null,
    slot                       text     not null,
    attempt_id                 uuid     not null,
    -- Nothing is to run here; the columns that say what are null then.
    empty                      boolean  not null,
    retry                      boolean  not null,
    release_id                 uuid references release (id),
    variant_sha256             bytea check (octet_length(variant_sha256) = 32),
    probation_running_seconds  integer,
    probation_min_inferences   bigint,
    probation_deadline_seconds integer,
    reason                     text     not null check (reason in ('OFFER', 'WITHDRAWN', 'ROLLBACK')),
    window_seconds             integer  not null,
    primary key (device_id, slot),
    check (empty = (release_id is null)),
    check (empty = (variant_sha256 is null)),
    check (empty = (probation_running_seconds is null)),
    check (empty = (probation_min_inferences is null)),
    check (empty = (probation_deadline_seconds is null))
);
create index desired_slot_release on desired_slot (release_id);

-- "Publish to device X", never what: the relay reads the newest. Rows are only added and removed, so that writers
-- never wait for each other.
create table desired_outbox (
    id           bigint generated always as identity primary key,
    device_id    text        not null,
    -- What the device says it has stored; a new document must be above it.
    reported_seq bigint      not null default 0,
    attempts     integer     not null default 0,
    not_before   timestamptz not null,
    created_at   timestamptz not null
);
create index desired_outbox_due on desired_outbox (not_before, id);
create index desired_outbox_device on desired_outbox (device_id);

-- The latest time anything was signed at: a clock that fell behind it signs nothing.
create table signing_clock (
    id             integer primary key check (id = 1),
    last_signed_at timestamptz not null
);
