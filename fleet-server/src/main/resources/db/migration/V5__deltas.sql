-- Ways to get an artifact's bytes beside the file itself, made in the background.
create table encoding (
    id                bigint generated always as identity primary key,
    target_sha256     bytea       not null check (octet_length(target_sha256) = 32),
    kind              text        not null check (kind in ('ZSTD', 'TD1')),
    -- What a delta starts from; empty for a compressed file.
    base_sha256       bytea       not null check (octet_length(base_sha256) in (0, 32)),
    state             text        not null check (state in ('QUEUED', 'MAKING', 'READY', 'NOT_WORTH_IT', 'FAILED')),
    blob_sha256       bytea check (octet_length(blob_sha256) = 32),
    blob_bytes        bigint check (blob_bytes > 0),
    chunk_list_sha256 bytea check (octet_length(chunk_list_sha256) = 32),
    chunk_list_bytes  bigint check (chunk_list_bytes > 0),
    cpu_seconds       double precision,
    -- Why there is none; for people.
    reason            text,
    attempts          integer     not null default 0,
    -- A replica that dies while it makes one leaves it to the next after this.
    lease_until       timestamptz,
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    unique (target_sha256, kind, base_sha256),
    check ((kind = 'TD1') = (octet_length(base_sha256) = 32)),
    check ((state = 'READY') = (blob_sha256 is not null)),
    check ((blob_sha256 is null) = (blob_bytes is null)),
    check ((blob_sha256 is null) = (chunk_list_sha256 is null)),
    check ((blob_sha256 is null) = (chunk_list_bytes is null)),
    check ((state = 'MAKING') = (lease_until is not null))
);
create index encoding_work on encoding (state, id) where state in ('QUEUED', 'MAKING');
