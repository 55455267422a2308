INSERT INTO reports.batch (report_id, command_id, principal, created_at, form, language, refusal_language,
    show_user_names, project_ids, left_out, total, state)
VALUES ('$id', '$id', 'admin', now(), 'zip', 'en', 'en', false, '{$id}', '[]', 1, 'pending');
INSERT INTO reports.batch_part VALUES ('$id', 1, '$id', 'made', '{"number": 1}', 'pdf');
INSERT INTO reports.batch_chunk VALUES ('$id', 0, 'pdf');
INSERT INTO reports.batch_download VALUES ('$id', 'admin', now(), true);
INSERT INTO reports.request VALUES ('$id', 'admin', NULL, NULL, now(), '$id', '$id', NULL, 'en', false);
