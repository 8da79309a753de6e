-- Durable work. A module links this file into its own migrations, under its own number.
CREATE TABLE job (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    work_key TEXT NOT NULL,
    argument TEXT,
    trace_parent TEXT,
    created_at BIGINT NOT NULL,
    -- When it may be claimed: its time while nobody has it, the end of the lease while somebody does.
    next_at BIGINT NOT NULL,
    owner TEXT,
    -- Raised by each claim; an owner of an older one can change nothing.
    epoch BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    progress TEXT,
    error TEXT,
    cancel_requested_at BIGINT,
    finished_at BIGINT,
    outcome TEXT,
    result TEXT
);
-- The same work asked for twice is one job until it is finished.
CREATE UNIQUE INDEX job_work ON job (kind, work_key) WHERE finished_at IS NULL;
CREATE INDEX job_due ON job (kind, next_at) WHERE finished_at IS NULL;
CREATE INDEX job_finished ON job (finished_at) WHERE finished_at IS NOT NULL;
