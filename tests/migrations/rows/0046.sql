INSERT INTO projects.export VALUES ('$id', '$id', 'admin', NULL, NULL, now(), '-', 'en', 'en', '{$id}', true, NULL,
    '["report"]', '[]', 'Police', 'PV 4', 'Art. 265', NULL, '[]', 'made', now());
