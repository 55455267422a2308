INSERT INTO projects.search VALUES ('$id', now() - interval '400 days', 'of another form', '{1, 2}');
