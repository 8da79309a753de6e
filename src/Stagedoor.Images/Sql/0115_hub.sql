-- Lists of the image center that somebody keeps by hand.
CREATE TABLE hub_lists (
    name TEXT NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL
);

INSERT INTO hub_lists (name, created_at) VALUES ('official', 0), ('recommended', 0);

CREATE TABLE hub_items (
    list TEXT NOT NULL,
    repository_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (list, repository_id)
);

CREATE TABLE favorites (
    user_id TEXT NOT NULL,
    repository_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, repository_id)
);

CREATE INDEX repositories_public_by_update ON repositories (updated_at, id) WHERE is_public = 1;
