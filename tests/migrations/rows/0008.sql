INSERT INTO runtime.process VALUES ('incidents-projects-$n', 'projects', now());
INSERT INTO runtime.lane VALUES ('projects', $n, 2, 'COMMANDS', 100, false, 90, 100, 1);
