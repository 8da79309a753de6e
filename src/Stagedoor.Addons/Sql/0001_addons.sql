-- What the content kit keeps of packages: their bytes, those on their way in, and whose they are.
-- removing: somebody is about to remove the bytes. Nothing may refer to the blob until the row is gone.
CREATE TABLE blobs (
    digest TEXT NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    corrupt BIGINT NOT NULL DEFAULT 0,
    removing BIGINT NOT NULL DEFAULT 0,
    leased_until BIGINT NOT NULL,
    verified_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX blobs_by_lease ON blobs (leased_until);
CREATE INDEX blobs_by_verification ON blobs (verified_at);

CREATE TABLE blob_uploads (
    id TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    account_id TEXT NOT NULL DEFAULT '',
    user_id TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    received BIGINT NOT NULL,
    staged TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX blob_uploads_by_time ON blob_uploads (updated_at);
CREATE INDEX blob_uploads_by_user ON blob_uploads (owner, user_id);

CREATE TABLE upload_owners (
    owner TEXT NOT NULL PRIMARY KEY,
    active_at BIGINT NOT NULL
);

CREATE TABLE unrecorded (
    name TEXT NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    run BIGINT NOT NULL
);

CREATE INDEX unrecorded_by_sight ON unrecorded (seen_at);

-- Who has packages: the account for its templates (scope ''), a project for its charts.
CREATE TABLE library (
    id BIGINT NOT NULL PRIMARY KEY,
    domain_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    UNIQUE (domain_id, scope)
);

CREATE TABLE package_links (
    library_id BIGINT NOT NULL,
    digest TEXT NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (library_id, digest)
);

CREATE INDEX package_links_by_digest ON package_links (digest);
CREATE INDEX package_links_by_use ON package_links (used_at);

-- labels, annotations and spec as they came, in JSON. kubeconfig is encrypted.
CREATE TABLE cluster (
    id TEXT NOT NULL PRIMARY KEY,
    domain_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    name TEXT NOT NULL,
    alias TEXT NOT NULL,
    labels TEXT NOT NULL,
    annotations TEXT NOT NULL,
    type TEXT NOT NULL,
    category TEXT NOT NULL,
    version TEXT NOT NULL,
    spec TEXT NOT NULL,
    driver TEXT NOT NULL,
    driver_config TEXT NOT NULL,
    kubeconfig TEXT,
    endpoint TEXT NOT NULL,
    phase TEXT NOT NULL,
    reason TEXT NOT NULL,
    message TEXT NOT NULL,
    generation BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (project_id, name)
);

CREATE TABLE addon_template (
    domain_id TEXT NOT NULL,
    name TEXT NOT NULL,
    alias TEXT NOT NULL,
    type TEXT NOT NULL,
    require INTEGER NOT NULL,
    labels TEXT NOT NULL,
    logo_type TEXT NOT NULL,
    logo BYTEA,
    logo_url TEXT NOT NULL,
    readme_url TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (domain_id, name)
);

-- removing: it is being deleted, so that nothing installs it any more. input, translate, support_versions, requires, conflicts and crds are JSON;
-- values_schema is that of the package, or empty. digest: the package, in the account's library.
CREATE TABLE addon_version (
    domain_id TEXT NOT NULL,
    template TEXT NOT NULL,
    version TEXT NOT NULL,
    library_id BIGINT NOT NULL,
    digest TEXT NOT NULL,
    size BIGINT NOT NULL,
    file_name TEXT NOT NULL,
    stable INTEGER NOT NULL,
    input TEXT NOT NULL,
    translate TEXT NOT NULL,
    support_versions TEXT NOT NULL,
    requires TEXT NOT NULL,
    conflicts TEXT NOT NULL,
    crds TEXT NOT NULL,
    kube_version TEXT NOT NULL,
    namespace TEXT NOT NULL,
    release_name TEXT NOT NULL,
    values_schema TEXT NOT NULL,
    uploaded_by TEXT NOT NULL,
    removing INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (domain_id, template, version)
);

CREATE INDEX addon_version_by_package ON addon_version (library_id, digest);

CREATE TABLE chart (
    id TEXT NOT NULL PRIMARY KEY,
    domain_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    library_id BIGINT NOT NULL,
    digest TEXT NOT NULL,
    size BIGINT NOT NULL,
    description TEXT NOT NULL,
    source TEXT NOT NULL,
    icon_url TEXT NOT NULL,
    translate TEXT NOT NULL,
    instruction TEXT NOT NULL,
    chart_yaml TEXT NOT NULL,
    -- values.yaml as JSON; NULL where JSON cannot say it.
    chart_values TEXT,
    visible INTEGER NOT NULL,
    uploaded_by TEXT NOT NULL,
    removing INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (project_id, name, version)
);

CREATE INDEX chart_by_package ON chart (library_id, digest);

-- operation: what is under way, empty for nothing. target_version: where it leads. generation: counts the changes, for compare and set.
CREATE TABLE addon_instance (
    id TEXT NOT NULL PRIMARY KEY,
    domain_id TEXT NOT NULL,
    cluster_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    template TEXT NOT NULL,
    version TEXT NOT NULL,
    values_json TEXT NOT NULL,
    annotations TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    message TEXT NOT NULL,
    previous_version TEXT NOT NULL,
    revision BIGINT NOT NULL,
    operation TEXT NOT NULL,
    target_version TEXT NOT NULL,
    generation BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (cluster_id, template)
);

CREATE INDEX addon_instance_by_version ON addon_instance (domain_id, template, version);

CREATE TABLE addon_revision (
    instance_id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    version TEXT NOT NULL,
    values_json TEXT NOT NULL,
    manifest TEXT NOT NULL,
    status TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (instance_id, revision)
);

-- X-Client-Token: which request has been answered with which instance.
CREATE TABLE client_token (
    project_id TEXT NOT NULL,
    token TEXT NOT NULL,
    body_sha256 TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, token)
);

CREATE INDEX client_token_by_time ON client_token (created_at);
