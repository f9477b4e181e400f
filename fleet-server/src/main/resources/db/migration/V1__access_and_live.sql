create table account (
    id                  uuid primary key,
    name                text        not null unique check (name ~ '^[a-zA-Z0-9._@-]{1,64}$'),
    password_hash       text        not null,
    roles               text[]      not null,
    created_at          timestamptz not null,
    password_changed_at timestamptz not null
);

create table api_token (
    id           uuid primary key,
    name         text        not null,
    token_hash   bytea       not null unique check (octet_length(token_hash) = 32),
    roles        text[]      not null,
    created_by   text        not null,
    created_at   timestamptz not null,
    expires_at   timestamptz,
    last_used_at timestamptz
);

-- What changed, for consoles. Identity values are handed out before commit, so a lower id can become visible after a
-- higher one; the writing transaction's number is kept beside it, and readers take only rows whose transaction is
-- older than every transaction still running.
create table live_event (
    transaction_id bigint      not null default (pg_current_xact_id()::text::bigint),
    id          bigint      not null generated always as identity,
    topic       text        not null check (octet_length(topic) <= 128),
    type        text        not null check (octet_length(type) <= 64),
    payload     jsonb       not null,
    created_at  timestamptz not null,
    primary key (transaction_id, id)
);
create index live_event_created_at on live_event using brin (created_at);

-- Up to where the log was pruned: who asks for something before it has missed events.
create table live_event_horizon (
    only_row       boolean primary key default true check (only_row),
    transaction_id bigint  not null,
    id             bigint  not null
);
insert into live_event_horizon (transaction_id, id) values (0, 0);
