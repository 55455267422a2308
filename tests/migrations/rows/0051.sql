INSERT INTO retention.last_erasure VALUES (true, now()) ON CONFLICT (one) DO UPDATE SET began_at = excluded.began_at;
