CREATE TABLE shelf (name TEXT NOT NULL PRIMARY KEY, room BIGINT NOT NULL);
CREATE INDEX shelf_room ON shelf (room);
