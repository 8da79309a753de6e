-- Access keys that end at a time, or as soon as their owner's stamp is another one.
CREATE TABLE temporary_access_key (
    access_key TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES iam_user (id) ON DELETE CASCADE,
    secret TEXT NOT NULL,
    secret_version BIGINT NOT NULL,
    stamp TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX temporary_access_key_user ON temporary_access_key (user_id, expires_at);

CREATE INDEX temporary_access_key_end ON temporary_access_key (expires_at);
