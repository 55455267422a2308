INSERT INTO retention.policy VALUES ('thefts-$n', 1$n, 0, 5, false, 'year-end', 'admin', now());
