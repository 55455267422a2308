INSERT INTO runtime.posted (worker, lane, posted, published) VALUES ('projects', 3, 2, 1);
INSERT INTO runtime.heard (hearer, worker, lane, number, missing) VALUES ('audit', 'projects', 3, 1, 0);
INSERT INTO runtime.outbox (worker, lane, first, size, posted_at, messages) VALUES ('projects', 3, 1, 2, now(), '[{}, {}]');
