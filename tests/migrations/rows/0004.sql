INSERT INTO administration.licence VALUES (true, 'token-$n', '1', 'expert', NULL, 'admin', now())
ON CONFLICT (one) DO UPDATE SET token = excluded.token;
