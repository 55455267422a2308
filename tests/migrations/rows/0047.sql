INSERT INTO reports.summary VALUES ('$id', '$id', 'admin', NULL, NULL, now(), now() - interval '1 month', now(), 'none',
    NULL, 'Europe/Zurich', 'en', '', 'en', true, 'made', now(), NULL, true, '[]', 3, 'digest', 1, 'disclosures', 2, '{$id}',
    false);
INSERT INTO reports.batch (report_id, command_id, principal, created_at, form, language, refusal_language,
    show_user_names, project_ids, left_out, total, state, selection_id, filter, sort, projects_max, search, is_stamped)
VALUES ('$id', '$id', 'admin', now(), 'zip', 'en', 'en', false, '{$id}', '[]', 1, 'pending', '$id', '{}', 'number', 10,
    'gate', true);
INSERT INTO projects.selection VALUES ('$id', '{$id}', 1, '[]', false, 'search');
INSERT INTO reports.report (report_id, project_id, created_by, requested_at, created_at, language, show_user_names,
    complete, missing, bytes, sha256, pages, restricted_nodes, is_stamped)
VALUES ('$id', '$id', 'olivia', now(), now(), 'en', false, true, '[]', 3, 'digest', 1, '[]', true);
