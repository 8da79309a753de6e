-- Traces that somebody wants to keep whatever retention says: a copy of their spans, packed as in the log of spans.
CREATE TABLE pinned_trace (
    project TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    pinned_at BIGINT NOT NULL,
    spans BIGINT NOT NULL,
    data BYTEA NOT NULL,
    PRIMARY KEY (project, trace_id)
);
