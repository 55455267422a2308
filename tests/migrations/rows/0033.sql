INSERT INTO reports.report (report_id, project_id, created_by, requested_at, created_at, language, show_user_names,
    complete, missing, bytes, sha256, pages)
VALUES ('$id', '$id', 'olivia', now(), now(), 'en', false, true, '[]', 3, 'digest', 1);
