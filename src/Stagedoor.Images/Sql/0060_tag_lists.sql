-- Lists show the tag that was moved last first. Deleted ones, which are few, are listed by themselves.
CREATE INDEX tags_by_update ON tags (repository_id, updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX tags_deleted ON tags (repository_id, updated_at, id) WHERE deleted_at IS NOT NULL;

-- All tags on a manifest are listed in the order of their names.
CREATE INDEX tags_of_manifest ON tags (repository_id, digest, name);
DROP INDEX tags_by_digest;
