-- A project that is gone is found by its number, too.
CREATE INDEX tombstone_by_number ON projects.tombstone (number);
