-- What is copied and done is kept for a while.
CREATE INDEX sync_jobs_by_end ON sync_jobs (updated_at) WHERE is_open = 0;
