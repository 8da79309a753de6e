-- What was sent of an account's images: a row for each day, as days since 1970, and one with the sum of all days as day 0.
CREATE TABLE account_traffic (
    domain_id TEXT NOT NULL,
    day BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (domain_id, day)
);

-- How large an account's images were when that day was last looked.
CREATE TABLE account_storage (
    domain_id TEXT NOT NULL,
    day BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (domain_id, day)
);

-- Accounts that let the image repository act for them.
CREATE TABLE agencies (
    domain_id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
