-- Tags are listed in ASCII order whatever the database's own collation is.
ALTER TABLE tags ALTER COLUMN name TYPE TEXT COLLATE "C";
ALTER TABLE manifests ALTER COLUMN digest TYPE TEXT COLLATE "C";
