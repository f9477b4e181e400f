-- How a slot's own input does, and whether its model came with the device's image.
alter table device_slot
    add column active_factory        boolean not null default false,
    add column previous_factory      boolean not null default false,
    add column input_state           text,
    add column input_reason          text,
    add column input_since           timestamptz,
    -- Of the newest window.
    add column asked_by_applications bigint not null default 0,
    add column input_dropped         bigint not null default 0;

-- What is wrong with the device itself, in its own words.
alter table device
    add column trouble_code     text,
    add column trouble_sentence text;

-- Inferences that applications asked for, and frames that nobody took in time.
alter table telemetry_window
    add column asked_by_applications bigint not null default 0,
    add column input_dropped         bigint not null default 0;
alter table telemetry_rollup
    add column asked_by_applications bigint not null default 0,
    add column input_dropped         bigint not null default 0;
