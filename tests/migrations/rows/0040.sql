INSERT INTO projects.package VALUES ('$id', 'olivia', now(), '["history"]', 3, 'digest', '["incident-projects/retention"]');
INSERT INTO projects.package_chunk VALUES ('$id', 0, 'zip');
INSERT INTO projects.package_project VALUES ('$id', '$id');
INSERT INTO projects.export VALUES ('$id', '$id', 'admin', NULL, NULL, now(), '-', 'en', 'en', '{$id}', true, NULL,
    '["report"]', '[]', 'Police', 'PV 4', 'Art. 265', 'sealed');
INSERT INTO projects.export_part VALUES ('$id', 1, '$id', 'waiting', '$id', 1, NULL);
INSERT INTO projects.export_file VALUES ('$id', 1, 'project.json', 1, '{}');
INSERT INTO reports.package_report VALUES ('$id', '$id', 'made', 1, '[]', 'pdf');
