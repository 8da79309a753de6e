-- What lies in the blob store without a row that would explain it: since when, by the database's clock. Times of the store's own clock are compared
-- with each other only. run: the collection that has seen it last.
CREATE TABLE unrecorded (
    name TEXT NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    run BIGINT NOT NULL
);

CREATE INDEX unrecorded_by_sight ON unrecorded (seen_at);
