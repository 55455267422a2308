INSERT INTO projects.change_set VALUES
    ('$id', 2, 1, now(), 'olivia', '{comment, text_1}', '[{"field": "comment", "part_id": "$id", "new": "Remark"}, {"field": "text_1", "old": "Red", "new": "Blue"}]', NULL, NULL),
    ('$id', 3, 1, '2026-03-01', 'oscar', '{status_id}', '[{"field": "status_id", "old": 900, "new": 1$n}]', 900, 1$n);
