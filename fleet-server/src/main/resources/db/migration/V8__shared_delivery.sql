-- Chunks for many devices at once, links for one, and how devices may use their link.

-- A blob that some device was offered in shared mode; the lease says which replica publishes it now.
create table shared_blob (
    blob_sha256 bytea primary key check (octet_length(blob_sha256) = 32),
    size_bytes  bigint      not null check (size_bytes > 0),
    offered_at  timestamptz not null,
    owner       text,
    lease_until timestamptz,
    check ((owner is null) = (lease_until is null))
);

-- What devices lack of it, until the lease's owner has taken it up. One row a device and blob, the newest wins.
create table shared_need (
    blob_sha256 bytea       not null references shared_blob on delete cascade,
    device_id   text        not null,
    -- A bit for each chunk, the lowest bit of the first byte is chunk 0; set: missing.
    missing     bytea       not null check (octet_length(missing) between 1 and 16384),
    asked_at    timestamptz not null,
    primary key (blob_sha256, device_id)
);
create index shared_need_device on shared_need (device_id);

create index desired_slot_variant on desired_slot (variant_sha256);

-- The key of the tokens in links; every replica has the same.
create table link_key (
    id     integer primary key check (id = 1),
    secret bytea not null check (octet_length(secret) = 32)
);

create table download_policy (
    device_id            text primary key,
    -- 0: no cap
    max_bytes_per_second bigint      not null check (max_bytes_per_second >= 0),
    metered              boolean     not null,
    metered_max_bytes    bigint      not null check (metered_max_bytes >= 0),
    prefer_https         boolean     not null,
    changed_at           timestamptz not null,
    changed_by           text        not null
);
