-- Every root the fleet has had. Replicas share it; the private keys stay in each replica's own folder.
create table trust_root (
    version   bigint primary key check (version > 0),
    envelope  bytea       not null,
    stored_at timestamptz not null default now()
);
