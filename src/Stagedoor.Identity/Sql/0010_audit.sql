CREATE TABLE audit_record (
    id TEXT PRIMARY KEY,
    chain TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    occurred_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    trace_name TEXT NOT NULL,
    trace_type TEXT NOT NULL,
    trace_rating TEXT NOT NULL,
    service_type TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    resource_name TEXT,
    resource_id TEXT,
    user_id TEXT,
    user_name TEXT,
    domain_id TEXT,
    domain_name TEXT,
    project_id TEXT,
    source_ip TEXT,
    user_agent TEXT,
    request TEXT,
    response TEXT,
    code INTEGER NOT NULL,
    request_id TEXT,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
);

CREATE UNIQUE INDEX audit_record_chain ON audit_record (chain, sequence);

CREATE INDEX audit_record_domain ON audit_record (domain_id, occurred_at, id);

CREATE INDEX audit_record_recorded ON audit_record (recorded_at);
