-- Descriptors' sizes were believed, and on a shared database a push could leave a tag to a manifest that was just being deleted.
UPDATE manifests SET total_size = 0 WHERE total_size < 0 OR total_size > 1125899906842624;

DELETE FROM tags WHERE NOT EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = tags.repository_id AND m.digest = tags.digest);

UPDATE repositories SET
    num_images = (SELECT COUNT(*) FROM tags t WHERE t.repository_id = repositories.id AND t.deleted_at IS NULL),
    size = (
        SELECT CAST(COALESCE(SUM(m.total_size), 0) AS BIGINT) FROM tags t
        JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest
        WHERE t.repository_id = repositories.id AND t.deleted_at IS NULL);

UPDATE organizations SET tag_count = (
    SELECT CAST(COALESCE(SUM(r.num_images), 0) AS BIGINT) FROM repositories r WHERE r.organization_id = organizations.id);
