-- sparse_indexes: whether an index may name manifests that are not there. quota_bytes: how much the organization may hold; null for the installation's
-- default, 0 for no limit. used_bytes: how much it holds: its manifests, and each blob once that one of them refers to.
ALTER TABLE organizations ADD COLUMN sparse_indexes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE organizations ADD COLUMN quota_bytes BIGINT;
ALTER TABLE organizations ADD COLUMN used_bytes BIGINT NOT NULL DEFAULT 0;

-- Which blobs that is, with their size and in how many of its repositories a manifest refers to them.
CREATE TABLE organization_blobs (
    organization_id BIGINT NOT NULL,
    digest TEXT NOT NULL,
    size BIGINT NOT NULL,
    repositories BIGINT NOT NULL,
    PRIMARY KEY (organization_id, digest)
);

INSERT INTO organization_blobs (organization_id, digest, size, repositories)
SELECT r.organization_id, f.digest, COALESCE(MAX(b.size), 0), COUNT(*)
FROM blob_refs f JOIN repositories r ON r.id = f.repository_id LEFT JOIN blobs b ON b.digest = f.digest
WHERE f.ref_count > 0
GROUP BY r.organization_id, f.digest;

UPDATE organizations SET used_bytes =
    (SELECT CAST(COALESCE(SUM(b.size), 0) AS BIGINT) FROM organization_blobs b WHERE b.organization_id = organizations.id)
    + (SELECT CAST(COALESCE(SUM(m.size), 0) AS BIGINT) FROM manifests m JOIN repositories r ON r.id = m.repository_id WHERE r.organization_id = organizations.id);

-- Whose bytes are given back when the rows of a removed repository go.
ALTER TABLE removed_repositories ADD COLUMN organization_id BIGINT NOT NULL DEFAULT 0;
