INSERT INTO reports.summary VALUES ('$id', '$id', 'admin', NULL, NULL, now(), now() - interval '1 month', now(),
    'previous-period', NULL, 'Europe/Zurich', 'en', '', 'en', false, 'pending', NULL, NULL, NULL, '[]', NULL, NULL, NULL);
INSERT INTO reports.summary_chunk VALUES ('$id', 0, 'pdf');
INSERT INTO reports.summary_download VALUES ('$id', 'admin', now(), true);
