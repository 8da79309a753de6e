-- What the spans of a minute (grain 1) or an hour (grain 60) say of services, instances, transactions and calls: sums, packed. Several rows of one minute,
-- of one process after the other or of two at once, add up. The start is in minutes since the Unix epoch.
CREATE TABLE measures (
    project TEXT NOT NULL,
    grain BIGINT NOT NULL,
    start BIGINT NOT NULL,
    id TEXT NOT NULL,
    data BYTEA NOT NULL,
    PRIMARY KEY (project, grain, start, id)
);

CREATE INDEX measures_start ON measures (start);
