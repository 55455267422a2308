INSERT INTO runtime.erasure (kind, project_id, number, erased_at, ids) VALUES ('deleted', '$id', 1$n, now(), '{$id}');
INSERT INTO runtime.erasure_journal VALUES (true, 1, '\x00', '\x00') ON CONFLICT (one) DO UPDATE SET size = excluded.size;
