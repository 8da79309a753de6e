-- Spans where several processes share the database; each day's are in tables of their own, which are made when its first span comes.
CREATE TABLE span_day (
    day BIGINT PRIMARY KEY,
    is_analyzed INTEGER NOT NULL
);

-- Requests that were kept within the last minutes, by 128 bits of their bytes: one that comes again is not kept again, wherever it comes to.
CREATE TABLE span_digest (
    high BIGINT NOT NULL,
    low BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (high, low)
);

CREATE INDEX span_digest_received_at ON span_digest (received_at);

-- Numbers of blocks are given out by the thousand.
CREATE TABLE span_block_number (
    next_number BIGINT NOT NULL
);

INSERT INTO span_block_number (next_number) VALUES (1);
