INSERT INTO reports.batch (report_id, command_id, principal, created_at, form, language, refusal_language,
    show_user_names, project_ids, left_out, total, state, selection_id, filter, sort, projects_max, recipient, reference,
    legal_basis)
VALUES ('$id', '$id', 'admin', now(), 'zip', 'en', 'en', false, '{$id}', '[]', 1, 'pending', '$id', '{}', 'number', 10,
    'Police', 'PV 4', 'Art. 265');
INSERT INTO reports.request VALUES ('$id', 'admin', NULL, NULL, now(), '$id', '$id', NULL, 'en', false,
    'Police', 'PV 4', 'Art. 265');
INSERT INTO reports.report (report_id, project_id, created_by, requested_at, created_at, language, show_user_names,
    complete, missing, bytes, sha256, pages, restricted_nodes, recipient, reference, legal_basis)
VALUES ('$id', '$id', 'olivia', now(), now(), 'en', false, true, '[]', 3, 'digest', 1, '["incident-projects/retention"]',
    'Police', 'PV 4', 'Art. 265');
