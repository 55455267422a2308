INSERT INTO administration.definition_change (kind, key, at, by, old, new)
VALUES ('status', '1$n', now(), 'admin', NULL, '{"name": "Closed $n", "description": ""}');
