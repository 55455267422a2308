INSERT INTO administration.property VALUES (1$n, 'status', NULL, 'Closed $n', 'Described.', true);
