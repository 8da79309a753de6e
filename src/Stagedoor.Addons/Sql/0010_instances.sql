-- What happened to an instance, the latest last.
CREATE TABLE addon_event (
    id TEXT NOT NULL PRIMARY KEY,
    instance_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    message TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX addon_event_by_instance ON addon_event (instance_id, created_at);
CREATE INDEX addon_instance_by_operation ON addon_instance (operation, status);
