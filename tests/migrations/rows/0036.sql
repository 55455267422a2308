INSERT INTO projects.sweep_step VALUES ('$id', 'system', NULL, NULL, now(), 'en', '$id', 0, now(), 1000);
INSERT INTO audit.undelivered (size, oldest_at, entries, are_deletions) VALUES (1, now(), '[{"event_id": "$id", "at": "2026-03-01T12:00:00+00:00", "actor": "system", "activity": "projects.deleted", "command_id": null, "project_ids": ["$id"], "numbers": [1]}]', true);
