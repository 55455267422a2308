-- The design of reports: what the organisation adds to their form. A design that was removed has no content; its number
-- goes on. A request waits until a child process has tried it.
CREATE TABLE reports.design (
    kind text PRIMARY KEY,
    number integer NOT NULL,
    content bytea,
    sha256 text NOT NULL,
    facts jsonb NOT NULL,
    set_by text NOT NULL,
    set_at timestamptz NOT NULL
);
ALTER TABLE reports.design ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE reports.design_request (
    command_id uuid,
    principal text,
    trace text,
    letter jsonb,
    requested_at timestamptz NOT NULL,
    refusal_language text NOT NULL,
    kind text NOT NULL,
    content bytea NOT NULL,
    facts jsonb NOT NULL,
    PRIMARY KEY (command_id, principal)
);
CREATE INDEX design_request_by_principal ON reports.design_request (principal, requested_at);

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
    SELECT count(*) FROM projects.export_part p WHERE p.package_id = e.package_id AND state = 'waiting')::integer
FROM projects.export e
UNION ALL
SELECT principal, command_id, 1, 0 FROM reports.design_request;
