-- An export that has ended is listed for a day, without its password and its parts.
ALTER TABLE projects.export ADD COLUMN state text NOT NULL DEFAULT 'pending', ADD COLUMN finished_at timestamptz;
DROP INDEX projects.export_by_principal;
CREATE INDEX export_by_principal ON projects.export (principal, taken_at);
CREATE INDEX export_unfinished ON projects.export (taken_at) WHERE finished_at IS NULL;

CREATE OR REPLACE VIEW published.pending_commands AS
SELECT principal, command_id, total,
    total - (SELECT count(*) FROM reports.batch_part p WHERE p.report_id = b.report_id AND state = 'waiting')::integer AS done
FROM reports.batch b WHERE finished_at IS NULL
UNION ALL
SELECT principal, command_id, 1, 0 FROM reports.request
UNION ALL
SELECT principal, command_id, 1, 0 FROM projects.sweep_step
UNION ALL
SELECT principal, command_id, 1, 0 FROM reports.summary WHERE finished_at IS NULL
UNION ALL
SELECT principal, command_id, cardinality(project_ids), cardinality(project_ids) - (
    SELECT count(*) FROM projects.export_part p WHERE p.package_id = e.package_id AND p.state = 'waiting')::integer
FROM projects.export e WHERE finished_at IS NULL
UNION ALL
SELECT principal, command_id, 1, 0 FROM reports.design_request;
