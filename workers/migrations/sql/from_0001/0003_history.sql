-- What every field and part was before, who changed it, when and to what. The opening of a project is its own row and
-- needs none here; `place` 0 of revision 1 belongs to it and is stored for imported projects, which others opened.
CREATE TABLE projects.history (
    project_id uuid REFERENCES projects.project ON DELETE CASCADE,
    revision integer,
    place smallint,
    at timestamptz NOT NULL,
    by text NOT NULL,
    field text NOT NULL,
    part_id uuid,
    old jsonb,
    new jsonb,
    PRIMARY KEY (project_id, revision, place)
);

-- One list per principal. Commands of several lanes meet here: row locks keep every sequence in one place.
CREATE TABLE projects.draft (
    principal text,
    sequence_id uuid,
    camera_id text NOT NULL,
    camera_name text NOT NULL,
    site text,
    "start" timestamptz NOT NULL,
    "end" timestamptz NOT NULL,
    media_expires_at timestamptz,
    drafted_at timestamptz NOT NULL,
    PRIMARY KEY (principal, sequence_id)
);
CREATE INDEX draft_by_time ON projects.draft (drafted_at);

ALTER TABLE administration.settings ADD COLUMN child_sites text[] NOT NULL DEFAULT '{}';
CREATE OR REPLACE VIEW published.settings AS
    SELECT retention_days, report_title, timezone, language, log_archive_bytes, child_sites
    FROM administration.settings;
