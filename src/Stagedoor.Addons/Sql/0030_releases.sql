-- Releases of charts that were asked for here; those of others are only in their clusters. operation: what is under way, empty for nothing. status: in Helm's words.
-- revision: the one that is there, or shall be. generation: counts the operations that were begun and ended.
CREATE TABLE chart_release (
    id TEXT NOT NULL PRIMARY KEY,
    domain_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    cluster_id TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    operation TEXT NOT NULL,
    status TEXT NOT NULL,
    message TEXT NOT NULL,
    revision BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (cluster_id, namespace, name)
);

-- record: what was, or shall be, brought to the cluster; as Helm writes it. parameters and values_json: as they were asked for.
CREATE TABLE chart_release_revision (
    release_id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    chart_id TEXT NOT NULL,
    chart_name TEXT NOT NULL,
    chart_version TEXT NOT NULL,
    parameters TEXT NOT NULL,
    values_json TEXT NOT NULL,
    record TEXT NOT NULL,
    description TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (release_id, revision)
);
