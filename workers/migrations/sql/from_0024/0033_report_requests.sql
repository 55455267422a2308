-- Reports are made by several tasks at once: they are listed in the order in which they were asked for.
ALTER TABLE reports.report ADD COLUMN requested_at timestamptz;
UPDATE reports.report SET requested_at = created_at;
ALTER TABLE reports.report ALTER COLUMN requested_at SET NOT NULL;

DROP INDEX reports.report_by_project;
CREATE INDEX report_by_project ON reports.report (project_id, requested_at);
CREATE INDEX report_by_author ON reports.report (created_by, requested_at);
CREATE INDEX report_by_time ON reports.report (requested_at);
