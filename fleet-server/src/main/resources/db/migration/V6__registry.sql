-- What people say about models and releases beside what is signed: card, tags, aliases, lineage, withdrawal.

-- Markdown as it was written; nothing renders it here.
alter table model add column card text check (octet_length(card) <= 262144);

create table model_tag (
    model text not null references model (name),
    tag   text not null check (tag ~ '^[a-z0-9][a-z0-9._:-]{0,63}$'),
    primary key (model, tag)
);

create table release_tag (
    release_id uuid not null references release (id) on delete cascade,
    tag        text not null check (tag ~ '^[a-z0-9][a-z0-9._:-]{0,63}$'),
    primary key (release_id, tag)
);

-- Where a release comes from, as JSON; said once, when it is published.
alter table release add column lineage text;

-- A withdrawn release is not live: it is offered to nobody any more. Devices that run it go on.
alter table release add column withdrawn_at timestamptz;
alter table release add column withdrawn_by text;
alter table release add column withdrawn_reason text;
alter table release
    add check ((withdrawn_at is null) = (withdrawn_by is null) and (withdrawn_at is null) = (withdrawn_reason is null));

-- A free name that points to a version. Revision counts its changes, so that two people do not move it unknowingly.
create table release_alias (
    model      text        not null references model (name),
    alias      text        not null check (alias ~ '^[a-z][a-z0-9-]{0,63}$'),
    release_id uuid        not null references release (id),
    revision   bigint      not null check (revision > 0),
    changed_at timestamptz not null,
    changed_by text        not null,
    primary key (model, alias)
);
create index release_alias_release on release_alias (release_id);

-- Versions by name: a release that was never used may be removed, what was said stays.
create table release_alias_history (
    id           bigint generated always as identity primary key,
    model        text        not null,
    alias        text        not null,
    revision     bigint      not null,
    from_version text,
    -- Absent: the alias was removed.
    to_version   text,
    changed_at   timestamptz not null,
    changed_by   text        not null
);
create index release_alias_history_alias on release_alias_history (model, alias, id);
