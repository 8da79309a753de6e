-- Requests that were refused and jobs that failed, each with its way to there, for whoever asks why. Kept for some days.
CREATE TABLE refusal (
    id TEXT PRIMARY KEY,
    request_id TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    -- Whose it is; empty where that is not known, for the operator's account.
    domain_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    code TEXT NOT NULL,
    document TEXT NOT NULL
);

CREATE INDEX refusal_request ON refusal (request_id);

CREATE INDEX refusal_owner ON refusal (domain_id, user_id, occurred_at);

CREATE INDEX refusal_age ON refusal (occurred_at);
