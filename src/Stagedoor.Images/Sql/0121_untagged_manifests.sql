-- When a manifest was last asked for, to the hour. Beside the manifests, whose rows are too large to be written for that.
CREATE TABLE manifest_pulls (
    repository_id BIGINT NOT NULL,
    digest TEXT NOT NULL,
    pulled_at BIGINT NOT NULL,
    PRIMARY KEY (repository_id, digest)
);

-- Manifests that a collection has found without a tag, an index or a subject that keeps them. Whether that is still so is asked again before they go.
-- since: when it was seen first. rests_since: from when on nobody has asked for it, as far as is known.
CREATE TABLE untagged_manifests (
    repository_id BIGINT NOT NULL,
    digest TEXT NOT NULL,
    since BIGINT NOT NULL,
    rests_since BIGINT NOT NULL,
    PRIMARY KEY (repository_id, digest)
);

CREATE INDEX untagged_manifests_by_rest ON untagged_manifests (rests_since);

-- How far the search for them has come: a single row.
CREATE TABLE untagged_survey (
    id BIGINT NOT NULL PRIMARY KEY,
    repository_id BIGINT NOT NULL,
    digest TEXT NOT NULL
);

INSERT INTO untagged_survey (id, repository_id, digest) VALUES (1, 0, '');

-- Which indexes refer to a manifest.
CREATE INDEX manifest_refs_by_child ON manifest_refs (repository_id, digest) WHERE is_blob = 0;
