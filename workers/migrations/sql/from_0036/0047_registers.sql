-- Registers of disclosures are made, listed, fetched and deleted like summaries.
ALTER TABLE reports.summary ADD COLUMN content text NOT NULL DEFAULT 'figures', ADD COLUMN entries integer,
    ADD COLUMN project_ids uuid[] NOT NULL DEFAULT '{}', ADD COLUMN is_stamped boolean;

-- Whether an authority stamped the time of a file; null if the site asked none.
ALTER TABLE reports.report ADD COLUMN is_stamped boolean;
ALTER TABLE reports.batch ADD COLUMN is_stamped boolean;

-- A batch may have a search next to its filter; what cannot be searched for is refused.
ALTER TABLE reports.batch ADD COLUMN search text;
ALTER TABLE projects.selection ADD COLUMN refusal text;
CREATE OR REPLACE VIEW published.requested_selections AS
SELECT selection_id, principal, created_at AS requested_at, filter, sort, projects_max, search
FROM reports.batch WHERE finished_at IS NULL AND selection_id IS NOT NULL AND state = 'pending';
CREATE OR REPLACE VIEW published.selections AS
SELECT selection_id, project_ids, matches, missing_nodes, is_failed, refusal FROM projects.selection;
