-- Who is told of tags over HTTP. repository_id is 0 for all repositories of the organization; tag_pattern is empty for all tags.
CREATE TABLE webhooks (
    id BIGINT NOT NULL PRIMARY KEY,
    organization_id BIGINT NOT NULL,
    repository_id BIGINT NOT NULL,
    url TEXT NOT NULL,
    protected_secret TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    events TEXT NOT NULL,
    tag_pattern TEXT NOT NULL,
    host TEXT NOT NULL,
    creator_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, repository_id, url)
);

CREATE INDEX webhooks_by_repository ON webhooks (repository_id);

-- What was, or is to be, sent. by_hand: sent also while the webhook is off.
CREATE TABLE webhook_deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    webhook_id BIGINT NOT NULL,
    event_id TEXT NOT NULL,
    event TEXT NOT NULL,
    content TEXT NOT NULL,
    by_hand BIGINT NOT NULL,
    status TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    attempted_at BIGINT,
    duration BIGINT,
    response_status BIGINT,
    response_body TEXT,
    error TEXT
);

CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook_id, created_at, id);
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (created_at);
