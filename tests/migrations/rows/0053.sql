INSERT INTO retention.policy VALUES ('thefts', 1$n, 0, 5, false, 'year-end', 'admin', now());
