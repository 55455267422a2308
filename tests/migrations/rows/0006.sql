INSERT INTO projects.package VALUES ('$id', '$id', 'olivia', now(), '["history"]', 3, 'digest');
INSERT INTO projects.package_chunk VALUES ('$id', 0, 'zip');
