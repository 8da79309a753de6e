-- The account that began it, which alone goes on with it. Rows from before name none: their user does.
ALTER TABLE blob_uploads ADD COLUMN account_id TEXT NOT NULL DEFAULT '';
