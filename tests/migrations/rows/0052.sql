INSERT INTO projects.export_entry VALUES ('$id', 1$n, 1, 'hash');
