UPDATE administration.settings SET retention_days = 1$n, report_title = 'Title $n', child_sites = '{north, south}',
    report_confidentiality = 'For the police $n', report_signatories = '{Author, Witness}';
INSERT INTO reports.report (report_id, project_id, created_by, requested_at, created_at, language, show_user_names,
    complete, missing, bytes, sha256, pages, restricted_nodes)
VALUES ('$id', '$id', 'olivia', now(), now(), 'en', false, true, '[]', 3, 'digest', 1, '["incident-projects/retention"]');
