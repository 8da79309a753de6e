-- Where the tags of a repository are copied to. sync_auto: whether new tags are copied by themselves; overwrite: also where the target has the tag already.
CREATE TABLE sync_rules (
    id BIGINT NOT NULL PRIMARY KEY,
    repository_id BIGINT NOT NULL,
    region TEXT NOT NULL,
    remote_namespace TEXT NOT NULL,
    sync_auto BIGINT NOT NULL,
    overwrite BIGINT NOT NULL,
    domain_id TEXT NOT NULL,
    domain_name TEXT NOT NULL,
    operator_id TEXT NOT NULL,
    operator_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX sync_rules_by_target ON sync_rules (repository_id, region, remote_namespace);

-- The copy of one tag. epoch: that of the attempt at its job which alone may end it; again: the tag was moved while it was copied.
CREATE TABLE sync_jobs (
    id BIGINT NOT NULL PRIMARY KEY,
    repository_id BIGINT NOT NULL,
    region TEXT NOT NULL,
    remote_namespace TEXT NOT NULL,
    tag TEXT NOT NULL,
    overwrite BIGINT NOT NULL,
    domain_id TEXT NOT NULL,
    domain_name TEXT NOT NULL,
    operator_id TEXT NOT NULL,
    operator_name TEXT NOT NULL,
    status TEXT NOT NULL,
    is_open BIGINT NOT NULL,
    again BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    job_id TEXT NOT NULL,
    detail TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- One unfinished copy of a tag to a target at a time, whichever replica does it.
CREATE UNIQUE INDEX sync_jobs_open ON sync_jobs (repository_id, region, remote_namespace, tag) WHERE is_open = 1;
CREATE INDEX sync_jobs_by_repository ON sync_jobs (repository_id, id);
