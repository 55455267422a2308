INSERT INTO audit.activity (event_id, at, actor, activity, details)
VALUES ('$id', now(), 'olivia', 'audit.page-viewed',
    '{"query": "projects.list", "needs": ["incident-projects"], "conditions": {}, "words": null, "principal": null,
      "total": 1, "project_ids": ["0190a000-0000-7000-8000-000000000001"]}');
UPDATE administration.settings SET activity_days = 400, log_days = 90;
INSERT INTO audit.dropped VALUES ('log_server', 1$n, 2$n, now() - interval '1 year', now(), 'note');
