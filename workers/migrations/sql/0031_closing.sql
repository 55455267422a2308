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

-- When projects were closed is read from here alone, without the texts that the table holds beside it.
CREATE INDEX history_of_status ON projects.history (project_id) INCLUDE (at, old, new) WHERE field = 'status_id';
