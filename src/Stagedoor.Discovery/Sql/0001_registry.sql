-- One row for each thing that is registered, with the revision of its last change. A deleted one stays for a while, without a body, so
-- that other replicas hear of it.
CREATE TABLE entry (
    kind TEXT NOT NULL,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    body TEXT,
    PRIMARY KEY (kind, tenant, id)
);

CREATE INDEX entry_revision ON entry (revision);

-- The one row that every change takes first: its lock puts changes of all replicas in one order. Deleted rows up to purged are gone.
CREATE TABLE head (
    id BIGINT PRIMARY KEY,
    revision BIGINT NOT NULL,
    purged BIGINT NOT NULL
);

INSERT INTO head (id, revision, purged) VALUES (1, 0, 0);
