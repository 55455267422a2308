INSERT INTO reports.batch (report_id, command_id, principal, created_at, form, language, refusal_language,
    show_user_names, project_ids, left_out, total, state, selection_id, filter, sort, projects_max)
VALUES ('$id', '$id', 'admin', now(), 'zip', 'en', 'en', false, '{$id}', '[]', 1, 'pending', '$id', '{}', 'number', 10);
INSERT INTO projects.selection VALUES ('$id', '{$id}', 1, '[]', false);
