-- What an artifact costs on each hardware class is read by artifact.
alter table telemetry_rollup
    add column rss_peak_bytes bigint not null default 0;
create index telemetry_rollup_artifact on telemetry_rollup (artifact_sha256, bucket);
