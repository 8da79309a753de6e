-- The images that the objects of a revision run, so that their tags are not deleted beneath them.
CREATE TABLE addon_image (
    instance_id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    repository TEXT NOT NULL,
    tag TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (instance_id, revision, repository, tag, digest),
    FOREIGN KEY (instance_id, revision) REFERENCES addon_revision (instance_id, revision) ON DELETE CASCADE
);

CREATE INDEX addon_image_by_repository ON addon_image (repository);
