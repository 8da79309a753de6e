-- staged: how the blob store finds exactly the bytes that were received. epoch: counts everything that was stored of the session.
-- manifests: the JSON that a session of a package was given; null until then.
CREATE TABLE upload_sessions (
    id TEXT NOT NULL PRIMARY KEY,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    organization_id BIGINT NOT NULL,
    organization TEXT NOT NULL,
    domain_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    file_name TEXT NOT NULL,
    repository TEXT NOT NULL,
    package TEXT NOT NULL,
    version TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    received BIGINT NOT NULL,
    staged TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    manifests TEXT,
    is_public BIGINT NOT NULL,
    description TEXT,
    error_code TEXT NOT NULL,
    error_message TEXT NOT NULL,
    error_detail TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX upload_sessions_open ON upload_sessions (organization_id, user_id) WHERE status IN ('uploading', 'verifying');
CREATE INDEX upload_sessions_by_time ON upload_sessions (updated_at);

-- Whose turn it is, and until when unless it is said again.
CREATE TABLE session_locks (
    session_id TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    held_until BIGINT NOT NULL
);
