UPDATE audit.log SET size = size + 1;
UPDATE audit.tree SET size = size + 1, edge = '{leaf}';
INSERT INTO audit.tile VALUES ('log_server', 0, 1$n, 'hashes');
INSERT INTO audit.checkpoint VALUES ('log_server', 1$n, now(), 'note');
INSERT INTO audit.undelivered (size, oldest_at, entries, are_deletions, first_index, hashes) VALUES
    (1, now(), '[{"event_id": "$id", "at": "2026-03-01T12:00:00Z", "actor": "olivia", "activity": "projects.deleted", "project_id": "$id", "command_id": null, "revision": null, "details": {"number": 1}}]', false, 1$n, 'hash'),
    (1, now(), '[{"at": "2026-03-01T12:00:00Z", "actor": "system", "activity": "projects.deleted", "command_id": null, "event_ids": ["$id"], "project_ids": ["$id"], "numbers": [1]}]', true, 2$n, 'hash');
