-- Whether a status closes a project is for an administrator to say; no status of before says so until it is marked.
ALTER TABLE administration.property
    ADD COLUMN closing boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT property_closing_check CHECK (NOT closing OR kind = 'status');
CREATE OR REPLACE VIEW published.properties AS
    SELECT id, kind, slot, name, description, closing FROM administration.property;

-- The statuses that close, and those that did when they were deleted: a project may have had one of them meanwhile.
CREATE VIEW published.closing_statuses AS
    SELECT id FROM administration.property WHERE closing
    UNION
    SELECT key::integer FROM (
        SELECT DISTINCT ON (key) key, old, new FROM administration.definition_change
        WHERE kind = 'status' ORDER BY key, number DESC
    ) last WHERE new IS NULL AND (old ->> 'closing')::boolean;

-- Since when a project has its status, and which one it had before: what statistics need of almost every closed project.
-- Only one that went from a closing status to another one is looked up in its past, by an index without the texts there.
ALTER TABLE projects.project ADD COLUMN status_since timestamptz, ADD COLUMN status_before integer;
CREATE INDEX history_of_status ON projects.history (project_id) INCLUDE (at, old, new) WHERE field = 'status_id';
UPDATE projects.project p SET status_since = last.at, status_before = last.before FROM (
    SELECT DISTINCT ON (project_id) project_id, at, nullif(old, 'null')::integer AS before
    FROM projects.history WHERE field = 'status_id' ORDER BY project_id, revision DESC
) last WHERE last.project_id = p.id;
