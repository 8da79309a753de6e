-- Workloads that get an image when it is pushed. The id is of this one: a trigger of the same name that comes later is another.
-- host: what the registry was called when the trigger was made, for the time when nobody calls.
CREATE TABLE triggers (
    id TEXT NOT NULL PRIMARY KEY,
    repository_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    app_type TEXT NOT NULL,
    application TEXT NOT NULL,
    cluster_id TEXT NOT NULL,
    cluster_name TEXT NOT NULL,
    cluster_ns TEXT NOT NULL,
    container TEXT NOT NULL,
    tag_condition TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    trigger_mode TEXT NOT NULL,
    trigger_type TEXT NOT NULL,
    host TEXT NOT NULL,
    creator_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (repository_id, name)
);

-- What became of each firing. The id is that of its job.
CREATE TABLE trigger_histories (
    id TEXT NOT NULL PRIMARY KEY,
    trigger_id TEXT NOT NULL,
    repository_id BIGINT NOT NULL,
    tag TEXT NOT NULL,
    succeeded BIGINT NOT NULL,
    detail TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX trigger_histories_by_trigger ON trigger_histories (trigger_id, created_at);
CREATE INDEX trigger_histories_by_repository ON trigger_histories (repository_id);
