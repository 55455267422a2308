UPDATE administration.settings SET retention_days = 1$n, report_title = 'Title $n', child_sites = '{north, south}';
INSERT INTO projects.history VALUES
    ('$id', 2, 1, now(), 'olivia', 'comment', '$id', NULL, '"Remark"'),
    ('$id', 2, 2, now(), 'olivia', 'call', '$id', NULL, '{"party": "Police"}'),
    ('$id', 2, 3, now(), 'olivia', 'sequence', '$id', NULL, '{"camera_id": "cam"}'),
    ('$id', 3, 0, '2026-03-01', 'oscar', 'status_id', NULL, '900', '1$n');
INSERT INTO projects.draft (principal, sequence_id, camera_id, camera_name, "start", "end", drafted_at)
VALUES ('olivia', '$id', 'cam-$n', 'Camera $n', now(), now(), now());
