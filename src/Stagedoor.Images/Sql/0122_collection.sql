-- Counts that nothing needs any more are found without a look at all others.
CREATE INDEX blob_refs_unneeded ON blob_refs (repository_id, digest) WHERE ref_count <= 0;
