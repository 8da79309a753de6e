-- What each name ends with, from each of its characters on: a part of a name is the beginning of one of them, which the index finds.
CREATE TABLE repository_name_ends (
    domain_id TEXT NOT NULL,
    ending TEXT COLLATE "C" NOT NULL,
    repository_id BIGINT NOT NULL,
    PRIMARY KEY (domain_id, ending, repository_id)
);

WITH RECURSIVE places (place) AS (SELECT 1 UNION ALL SELECT place + 1 FROM places WHERE place < 128)
INSERT INTO repository_name_ends (domain_id, ending, repository_id)
SELECT r.domain_id, substr(r.name, p.place), r.id FROM repositories r JOIN places p ON p.place <= length(r.name);
