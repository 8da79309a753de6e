-- rules: JSON. version: counts the changes; what runs for an older one ends. ran_at: when it was last executed, by the database's clock.
CREATE TABLE retention_rules (
    id BIGINT NOT NULL PRIMARY KEY,
    repository_id BIGINT NOT NULL UNIQUE,
    algorithm TEXT NOT NULL,
    rules TEXT NOT NULL,
    version BIGINT NOT NULL,
    ran_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX retention_rules_by_run ON retention_rules (ran_at);

-- What rules have deleted, and by which one it was then.
CREATE TABLE retention_logs (
    id BIGINT NOT NULL PRIMARY KEY,
    retention_id BIGINT NOT NULL,
    repository_id BIGINT NOT NULL,
    tag TEXT NOT NULL,
    digest TEXT NOT NULL,
    rule TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX retention_logs_by_repository ON retention_logs (repository_id, id);
CREATE INDEX retention_logs_by_time ON retention_logs (created_at);
