INSERT INTO projects.redaction (project_id, revision, field, part_id, earlier_only, at, by, reason)
VALUES ('$id', 3, 'comment', gen_random_uuid(), false, now(), 'admin', 'asked for');
