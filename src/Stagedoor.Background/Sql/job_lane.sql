-- Jobs of one lane are done a few at a time, so that one which takes long leaves room for others. A module links this file behind job.sql.
ALTER TABLE job ADD COLUMN lane TEXT;
CREATE INDEX job_lane ON job (kind, lane, next_at) WHERE finished_at IS NULL;
