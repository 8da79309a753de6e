-- Under the key ring: what the hashes of records are keyed with.
CREATE TABLE audit_key (
    id INTEGER PRIMARY KEY,
    sealed TEXT NOT NULL
);

-- Where each chain begins and ends, so that records cannot be cut off it. Both ends are hashed with the key.
CREATE TABLE audit_chain (
    chain TEXT PRIMARY KEY,
    previous_chain TEXT,
    first_sequence BIGINT NOT NULL,
    first_hash TEXT NOT NULL,
    last_sequence BIGINT NOT NULL,
    last_hash TEXT NOT NULL,
    end_hash TEXT NOT NULL
);
