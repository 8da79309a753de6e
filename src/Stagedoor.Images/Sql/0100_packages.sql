-- revision: counts the changes of what is in the repository. Whoever changes anything in it counts first, and so waits for those before.
CREATE TABLE package_repos (
    id BIGINT NOT NULL PRIMARY KEY,
    organization_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    is_public BIGINT NOT NULL,
    description TEXT NOT NULL,
    creator_id TEXT NOT NULL,
    creator_name TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, name)
);

CREATE TABLE packages (
    id BIGINT NOT NULL PRIMARY KEY,
    organization_id BIGINT NOT NULL,
    package_repo_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    is_public BIGINT NOT NULL,
    description TEXT NOT NULL,
    manifests TEXT NOT NULL,
    creator_id TEXT NOT NULL,
    creator_name TEXT NOT NULL,
    num_download BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, name)
);

CREATE INDEX packages_by_repository ON packages (package_repo_id, id);

-- revision: counts the changes of the version's files, which a signature is of.
CREATE TABLE package_versions (
    id BIGINT NOT NULL PRIMARY KEY,
    package_id BIGINT NOT NULL,
    version TEXT NOT NULL,
    description TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (package_id, version)
);

CREATE TABLE package_files (
    id BIGINT NOT NULL PRIMARY KEY,
    version_id BIGINT NOT NULL,
    package_repo_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    size BIGINT NOT NULL,
    digest TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (version_id, name)
);

CREATE INDEX package_files_by_digest ON package_files (package_repo_id, digest);

-- Which bytes the files and the meta file of a repository have.
CREATE TABLE package_links (
    package_repo_id BIGINT NOT NULL,
    digest TEXT NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (package_repo_id, digest)
);

CREATE INDEX package_links_by_digest ON package_links (digest);
CREATE INDEX package_links_by_use ON package_links (used_at);

-- The meta file of a repository. revision: that of the repository when it was written.
CREATE TABLE package_meta (
    package_repo_id BIGINT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,
    size BIGINT NOT NULL,
    revision BIGINT NOT NULL
);

CREATE TABLE package_keys (
    organization_id BIGINT NOT NULL PRIMARY KEY,
    public_key TEXT NOT NULL,
    protected_key TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE package_signatures (
    version_id BIGINT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    signature TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
