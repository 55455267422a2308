INSERT INTO administration.property VALUES (1$n, 'status', NULL, U&'Vole\0301 $n', 'Described.');
INSERT INTO administration.category VALUES (1 + $n % 5, 2$n, true, 'Category $n', '') ON CONFLICT DO NOTHING;
INSERT INTO administration.data_field VALUES ('text', 1 + $n % 3, 3$n, true, 'Field $n', '') ON CONFLICT DO NOTHING;
UPDATE administration.settings SET retention_days = 1$n, report_title = 'Title $n', timezone = 'Europe/Paris';
INSERT INTO administration.role VALUES ('role-$n', 'Role $n', '{"incident-projects": "view"}');
INSERT INTO administration.member VALUES ('olivia-$n', 'role-$n');

INSERT INTO projects.project (id, number, revision, type_id, status_id, description, start_time, category_1, integer_1,
    decimal_1, text_1, checkbox_1, datetime_1, created_by, created_at, updated_by, updated_at, imported,
    retention_exempt)
VALUES ('$id', 1$n, 3, 900, 1$n, 'Valise $n', now(), 901, 7, 0.10, 'Blue', true, now(), 'olivia',
    now() - interval '400 days', 'oscar', now(), false, true);
INSERT INTO projects.comment (project_id, comment_id, text, created_by, created_at)
VALUES ('$id', '$id', 'Remark $n', 'olivia', now());
INSERT INTO projects.call (project_id, call_id, direction, at, party, number, reference, notes, created_by, created_at)
VALUES ('$id', '$id', 'made', now(), 'Party $n', '17', '', 'Notes', 'olivia', now());
INSERT INTO projects.sequence (project_id, sequence_id, camera_id, camera_name, "start", "end", added_by, added_at)
VALUES ('$id', '$id', 'cam-$n', 'Camera $n', now(), now(), 'olivia', now());
INSERT INTO projects.tombstone VALUES ('$gone', 9$n, 'oscar', now(), false);

INSERT INTO reports.report VALUES ('$id', '$id', 'olivia', now(), 'en', false, true, '[]', 3, 'digest', 1);
INSERT INTO reports.chunk VALUES ('$id', 0, 'pdf');
INSERT INTO retention.sweep VALUES ('$id', now(), now(), 1, 5);

INSERT INTO runtime.inbox VALUES ('$id', 'olivia', date_trunc('month', now()), 'mark', '{}', now());
INSERT INTO runtime.outbox (worker, lane, subject, headers, body) VALUES ('projects', 1, 'subject.$n', '{}', 'body');
INSERT INTO audit.activity VALUES
    ('$id', now(), 'olivia', 'projects.opened', '$id', NULL, 3, '{}'),
    ('$gone', '2020-02-03', 'olivia', 'projects.imported', NULL, '$id', NULL,
     '{"project_ids": ["$id"], "numbers": [1$n]}');
INSERT INTO audit.waiting (event_id, entry) VALUES ('$id', '{"event_id": "$id", "at": "2026-03-01T12:00:00+00:00", "actor": "olivia", "activity": "projects.deleted", "project_id": "$id", "command_id": null, "revision": null, "details": {"number": 1}}');
