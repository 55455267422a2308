INSERT INTO reports.batch (report_id, command_id, principal, created_at, form, language, refusal_language,
    show_user_names, project_ids, left_out, total, state, selection_id, filter, sort, projects_max, recipient, reference,
    legal_basis, activity, template, template_numbers,
    template_failures)
VALUES ('$id', '$id', 'admin', now(), 'zip', 'en', 'en', false, '{$id}', '[]', 1, 'pending', '$id', '{}', 'number', 10,
    'Police', 'PV 4', 'Art. 265', true, 'standard', '[1]', 1);
INSERT INTO reports.request (command_id, principal, requested_at, report_id, project_id, refusal_language, show_user_names,
    recipient, reference, legal_basis, activity, template)
VALUES ('$id', 'admin', now(), '$id', '$id', 'en', false, 'Police', 'PV 4', 'Art. 265', true, 'standard');
INSERT INTO reports.report (report_id, project_id, created_by, requested_at, created_at, language, show_user_names,
    complete, missing, bytes, sha256, pages, restricted_nodes, recipient, reference, legal_basis, template,
    template_failure)
VALUES ('$id', '$id', 'olivia', now(), now(), 'en', false, true, '[]', 3, 'digest', 1, '["incident-projects/retention"]',
    'Police', 'PV 4', 'Art. 265', '{"number": 1}', 'time');
