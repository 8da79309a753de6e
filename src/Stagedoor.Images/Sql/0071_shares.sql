-- Accounts that may pull from a repository of another. deadline: as it was asked for, since clients compare it; expires_at: the same as a time, NULL for ever.
CREATE TABLE share_domains (
    repository_id BIGINT NOT NULL,
    domain_id TEXT NOT NULL,
    access_domain TEXT NOT NULL,
    deadline TEXT NOT NULL,
    expires_at BIGINT,
    description TEXT NOT NULL,
    creator_id TEXT NOT NULL,
    creator_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (repository_id, domain_id)
);

CREATE INDEX share_domains_by_account ON share_domains (domain_id, repository_id);
