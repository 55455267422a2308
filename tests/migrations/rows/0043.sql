INSERT INTO reports.request (command_id, principal, requested_at, report_id, project_id, refusal_language, show_user_names,
    activity)
VALUES ('$id', 'activity', now(), '$id', '$id', 'en', false, true);
