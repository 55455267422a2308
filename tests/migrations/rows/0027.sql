INSERT INTO runtime.posted (worker, lane, posted, published) VALUES ('projects', $n, 2, 1);
INSERT INTO runtime.heard (hearer, worker, lane, number, missing) VALUES ('audit', 'projects', $n, 1, 0);
INSERT INTO runtime.outbox (worker, lane, first, size, posted_at, messages) VALUES ('projects', $n, 1, 2, now(), '[{}, {}]');
