-- The whole name of a repository, in ASCII order whatever the database's own collation is, so that a catalog is read a page at a time.
ALTER TABLE organizations ALTER COLUMN name TYPE TEXT COLLATE "C";
ALTER TABLE repositories ADD COLUMN path TEXT COLLATE "C" NOT NULL DEFAULT '';

UPDATE repositories SET path = COALESCE((SELECT o.name FROM organizations o WHERE o.id = repositories.organization_id), '') || '/' || name;

CREATE INDEX repositories_by_path ON repositories (domain_id, path);
CREATE INDEX repositories_by_creator ON repositories (creator_id, path);
CREATE INDEX repositories_in_organization ON repositories (organization_id, path);
CREATE INDEX repositories_for_everybody ON repositories (path) WHERE is_public = 1;
