INSERT INTO reports.request (command_id, principal, requested_at, report_id, project_id, refusal_language, show_user_names,
    template)
VALUES ('$id', 'template', now(), '$id', '$id', 'en', false, 'standard');
UPDATE reports.report SET template = '{"number": 1}', template_failure = 'time';
