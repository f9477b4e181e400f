-- How the bytes of the newest attempt came, and how many of them.
alter table device_slot
    add column attempt_encoding text,
    add column bytes_on_wire    bigint not null default 0;
