-- A package is a copy of what people wrote: it dies with its project, and after a day in any case.
CREATE TABLE projects.package (
    package_id uuid PRIMARY KEY,
    project_id uuid NOT NULL REFERENCES projects.project ON DELETE CASCADE,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    includes jsonb NOT NULL,
    bytes bigint NOT NULL,
    sha256 text NOT NULL
);
CREATE INDEX package_by_project ON projects.package (project_id);
CREATE INDEX package_by_time ON projects.package (created_at);

CREATE TABLE projects.package_chunk (
    package_id uuid REFERENCES projects.package ON DELETE CASCADE,
    number integer,
    data bytea NOT NULL,
    PRIMARY KEY (package_id, number)
);
ALTER TABLE projects.package_chunk ALTER COLUMN data SET STORAGE EXTERNAL;
