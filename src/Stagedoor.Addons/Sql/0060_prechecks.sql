-- Looks at add-ons before an upgrade, or as they are. type: addonStatic or addonUpgrade. values_json: empty for those that the instance has. status: Init, Running, Success
-- or Failed. risks: a JSON array of what was looked at. expires_at: when it is forgotten.
CREATE TABLE addon_precheck (
    id TEXT NOT NULL PRIMARY KEY,
    domain_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    cluster_id TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    template TEXT NOT NULL,
    type TEXT NOT NULL,
    target_version TEXT NOT NULL,
    values_json TEXT NOT NULL,
    body_sha256 TEXT NOT NULL,
    status TEXT NOT NULL,
    message TEXT NOT NULL,
    risks TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- The same look is under way once.
CREATE UNIQUE INDEX addon_precheck_under_way ON addon_precheck (instance_id, body_sha256) WHERE status IN ('Init', 'Running');
CREATE INDEX addon_precheck_by_cluster ON addon_precheck (cluster_id, created_at);
CREATE INDEX addon_precheck_by_expiry ON addon_precheck (expires_at);
