INSERT INTO retention.partial_erasure VALUES (true, now(), now()) ON CONFLICT (one) DO NOTHING;
