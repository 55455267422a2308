INSERT INTO reports.batch (report_id, command_id, principal, created_at, form, language, refusal_language,
    show_user_names, project_ids, left_out, total, state, selection_id, filter, sort, projects_max, recipient, reference,
    legal_basis, activity)
VALUES ('$id', '$id', 'admin', now(), 'zip', 'en', 'en', false, '{$id}', '[]', 1, 'pending', '$id', '{}', 'number', 10,
    'Police', 'PV 4', 'Art. 265', true);
INSERT INTO reports.request (command_id, principal, requested_at, report_id, project_id, refusal_language, show_user_names,
    recipient, reference, legal_basis, activity)
VALUES ('$id', 'admin', now(), '$id', '$id', 'en', false, 'Police', 'PV 4', 'Art. 265', true);
