-- Deleted tags are found by when that was. Those that are not deleted, nearly all, are not in the index: it is not taken for the one to look for them with.
DROP INDEX tags_by_deletion;
CREATE INDEX tags_by_deletion ON tags (deleted_at) WHERE deleted_at IS NOT NULL;

-- A page of an account's repositories is read from an index in each order. The first one has the name too: whoever looks for a part of names looks there alone.
DROP INDEX repositories_by_domain;
DROP INDEX repositories_by_update;
CREATE INDEX repositories_by_update ON repositories (domain_id, updated_at, id, name);
CREATE INDEX repositories_by_name ON repositories (domain_id, name, id);
CREATE INDEX repositories_by_tag_count ON repositories (domain_id, num_images, id);
CREATE INDEX repositories_by_visibility ON repositories (domain_id, is_public, id);
