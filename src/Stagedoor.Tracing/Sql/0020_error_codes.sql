-- Versions of services that spans were of. Times are milliseconds since the Unix epoch; the id is of what names the row, whose texts are too long for a key.
CREATE TABLE service_versions (
    project TEXT NOT NULL,
    id TEXT NOT NULL,
    monitor_group TEXT NOT NULL,
    application TEXT NOT NULL,
    version TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    PRIMARY KEY (project, id)
);

CREATE INDEX service_versions_last_seen ON service_versions (last_seen);

-- Error codes that spans had, by the hour, since the Unix epoch, in which they ended.
CREATE TABLE error_codes (
    project TEXT NOT NULL,
    hour BIGINT NOT NULL,
    id TEXT NOT NULL,
    monitor_group TEXT NOT NULL,
    application TEXT NOT NULL,
    version TEXT NOT NULL,
    code TEXT NOT NULL,
    occurrences BIGINT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    trace_id TEXT NOT NULL,
    PRIMARY KEY (project, hour, id)
);

CREATE INDEX error_codes_hour ON error_codes (hour);
