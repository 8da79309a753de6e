CREATE TABLE registry_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    protected_key TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- removing: the collector is about to remove the bytes. Nothing may refer to the blob until the row is gone.
-- verified_at: when the bytes were last known to be those of the digest. A file changed after that is read with suspicion.
CREATE TABLE blobs (
    digest TEXT NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    corrupt BIGINT NOT NULL DEFAULT 0,
    removing BIGINT NOT NULL DEFAULT 0,
    leased_until BIGINT NOT NULL,
    verified_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX blobs_by_lease ON blobs (leased_until);
CREATE INDEX blobs_by_verification ON blobs (verified_at);

CREATE TABLE blob_links (
    repository_id BIGINT NOT NULL,
    digest TEXT NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (repository_id, digest)
);

CREATE INDEX blob_links_by_digest ON blob_links (digest);
CREATE INDEX blob_links_by_use ON blob_links (used_at);

-- How many manifests of the repository refer to the blob.
CREATE TABLE blob_refs (
    repository_id BIGINT NOT NULL,
    digest TEXT NOT NULL,
    ref_count BIGINT NOT NULL,
    PRIMARY KEY (repository_id, digest)
);

CREATE TABLE blob_uploads (
    id TEXT NOT NULL PRIMARY KEY,
    repository_id BIGINT NOT NULL,
    user_id TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    received BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX blob_uploads_by_time ON blob_uploads (updated_at);

-- content is BYTEA on PostgreSQL; SQLite keeps a blob as it is, whatever the column is called.
CREATE TABLE manifests (
    repository_id BIGINT NOT NULL,
    digest TEXT NOT NULL,
    media_type TEXT NOT NULL,
    artifact_type TEXT NOT NULL,
    subject TEXT,
    config_digest TEXT NOT NULL,
    is_index BIGINT NOT NULL,
    size BIGINT NOT NULL,
    total_size BIGINT NOT NULL,
    annotations TEXT,
    content BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (repository_id, digest)
);

CREATE INDEX manifests_by_subject ON manifests (repository_id, subject, digest);

CREATE TABLE manifest_refs (
    repository_id BIGINT NOT NULL,
    manifest_digest TEXT NOT NULL,
    digest TEXT NOT NULL,
    is_blob BIGINT NOT NULL,
    PRIMARY KEY (repository_id, manifest_digest, digest)
);

CREATE TABLE tags (
    id BIGINT NOT NULL,
    repository_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT,
    PRIMARY KEY (repository_id, name)
);

CREATE INDEX tags_by_digest ON tags (repository_id, digest);
CREATE INDEX tags_by_deletion ON tags (deleted_at);
