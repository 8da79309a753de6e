-- What an instance reported in one minute: the interfaces that it serves (level Provider), or calls (Consumer), taken together. Sums, so
-- that two parts of one minute, before and after a restart or from two replicas, add up: means are sums over slots or weight.
CREATE TABLE metric_rollup (
    tenant TEXT NOT NULL,
    service TEXT NOT NULL,
    level TEXT NOT NULL,
    minute BIGINT NOT NULL,
    app TEXT NOT NULL,
    version TEXT NOT NULL,
    instance TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    slots BIGINT NOT NULL,
    qps_sum DOUBLE PRECISION NOT NULL,
    weight DOUBLE PRECISION NOT NULL,
    latency_sum DOUBLE PRECISION NOT NULL,
    failure_sum DOUBLE PRECISION NOT NULL,
    p99 DOUBLE PRECISION NOT NULL,
    breaker_open BIGINT NOT NULL,
    PRIMARY KEY (tenant, service, level, minute, app, version, instance, instance_id)
);

CREATE INDEX metric_rollup_minute ON metric_rollup (minute);

-- Batches of minutes that came from the database of discovery. Each goes in with its rows, and stays: whoever brings a batch again finds it here.
CREATE TABLE rollup_arrival (batch TEXT PRIMARY KEY);
