INSERT INTO runtime.probe VALUES ('worker-$n', now());
