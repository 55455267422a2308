UPDATE administration.settings SET retention_days = 1$n, report_title = 'Title $n', child_sites = '{north, south}',
    report_confidentiality = 'For the police $n', report_signatories = '{Author, Witness}';
INSERT INTO reports.report
VALUES ('$id', '$id', 'olivia', now(), 'en', false, true, '[]', 3, 'digest', 1, '["incident-projects/retention"]');
