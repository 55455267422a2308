INSERT INTO audit.undelivered (size, oldest_at, entries) VALUES (1, now(), '[{"event_id": "$id", "activity": "projects.deleted"}]');
