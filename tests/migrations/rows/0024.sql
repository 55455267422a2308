INSERT INTO retention.last_sweep VALUES (true, now()) ON CONFLICT (one) DO UPDATE SET ended_at = excluded.ended_at;
