INSERT INTO runtime.turned_away VALUES ('projects', $n, 40, 1700000000000000000);
INSERT INTO runtime.surplus VALUES ('projects', $n, 'olivia', 'refused-attempts', date_trunc('minute', now()), 20, 7);
