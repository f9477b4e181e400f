-- What the heads and release roles have said last, and which root each device holds.

-- The newest list of live releases. One row: whoever signs the next one locks it.
create table heads_state (
    id              integer primary key check (id = 1),
    version         bigint      not null check (version >= 0),
    -- Digest of what the list says, without its version and its times.
    content_sha256  bytea check (octet_length(content_sha256) = 32),
    envelope_sha256 bytea check (octet_length(envelope_sha256) = 32),
    envelope_bytes  bigint,
    releases        integer     not null default 0,
    issued_at       timestamptz,
    expires_at      timestamptz,
    check ((version = 0) = (envelope_sha256 is null))
);
insert into heads_state (id, version) values (1, 0);

-- Envelopes of heads and floors that documents in the field may still name: kept from the collection of blobs.
create table signed_metadata (
    sha256     bytea primary key check (octet_length(sha256) = 32),
    expires_at timestamptz not null
);

-- The newest floors document of each model that has one.
create table floors (
    model                text primary key references model (name),
    version              bigint      not null check (version > 0),
    min_security_version bigint      not null check (min_security_version >= 0),
    envelope_sha256      bytea       not null check (octet_length(envelope_sha256) = 32),
    envelope_bytes       bigint      not null check (envelope_bytes > 0),
    issued_at            timestamptz not null,
    expires_at           timestamptz not null,
    set_by               text        not null
);

-- The version of the root that a device said it holds.
create table device_root (
    device_id    text primary key,
    root_version bigint not null check (root_version > 0)
);
