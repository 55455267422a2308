INSERT INTO projects.tombstone (project_id, number, deleted_by, deleted_at, expired, erase_after, restricted, reason)
VALUES (gen_random_uuid(), 2$n, 'ann', now(), false, now() + interval '7 days', false, NULL),
    (gen_random_uuid(), 3$n, 'ann', now(), false, NULL, true, 'contested');
