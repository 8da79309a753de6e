-- What an organization holds is the files of its packages too, each with its size.
UPDATE organizations SET used_bytes = used_bytes
    + (SELECT CAST(COALESCE(SUM(f.size), 0) AS BIGINT) FROM package_files f JOIN package_repos r ON r.id = f.package_repo_id
       WHERE r.organization_id = organizations.id);
