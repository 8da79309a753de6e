-- What was begun before cannot be gone on with: its rows do not say whose it is by name, nor which staged bytes count. Clients begin anew.
DROP TABLE blob_uploads;

-- owner: the name of the repository, which may not exist yet. staged: how the blob store finds exactly the bytes that were received.
-- epoch: counts everybody who began to write and everything that was stored.
CREATE TABLE blob_uploads (
    id TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    user_id TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    received BIGINT NOT NULL,
    staged TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX blob_uploads_by_time ON blob_uploads (updated_at);
CREATE INDEX blob_uploads_by_user ON blob_uploads (owner, user_id);

-- When something was last uploaded to a repository: what it was told of shortly before is needed by what still comes.
CREATE TABLE upload_owners (
    owner TEXT NOT NULL PRIMARY KEY,
    active_at BIGINT NOT NULL
);
