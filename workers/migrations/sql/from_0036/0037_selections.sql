-- A batch of reports may name a filter instead of projects. Projects selects them, once, and reports takes the selection.
ALTER TABLE reports.batch
    ADD COLUMN selection_id uuid,
    ADD COLUMN filter jsonb,
    ADD COLUMN sort text,
    ADD COLUMN projects_max integer;

CREATE TABLE projects.selection (
    selection_id uuid PRIMARY KEY,
    project_ids uuid[] NOT NULL,
    matches bigint NOT NULL,
    missing_nodes jsonb NOT NULL,
    is_failed boolean NOT NULL
);

CREATE VIEW published.requested_selections AS
SELECT selection_id, principal, created_at AS requested_at, filter, sort, projects_max
FROM reports.batch WHERE finished_at IS NULL AND selection_id IS NOT NULL AND state = 'pending';

CREATE VIEW published.selections AS
SELECT selection_id, project_ids, matches, missing_nodes, is_failed FROM projects.selection;
