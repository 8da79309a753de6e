-- Lists show what changed last first.
CREATE INDEX repositories_by_update ON repositories (domain_id, updated_at, id);

-- Repositories that were deleted, whose rows in other tables go later, some at a time.
CREATE TABLE removed_repositories (
    repository_id BIGINT NOT NULL PRIMARY KEY
);
