INSERT INTO projects.camera VALUES ('$id', 'cam-$n', now() - interval '400 days');
INSERT INTO projects.search VALUES ('$id', 'of another form', '{1, 2}');
