-- Patterns of tags that are neither moved nor deleted, with blanks between them.
ALTER TABLE repositories ADD COLUMN immutable_tags TEXT NOT NULL DEFAULT '';
