CREATE SCHEMA reports;

-- Reports are rows, so that they die in the transaction that deletes their project.
CREATE TABLE reports.report (
    report_id uuid PRIMARY KEY,
    project_id uuid NOT NULL REFERENCES projects.project ON DELETE CASCADE,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    language text NOT NULL,
    show_user_names boolean NOT NULL,
    complete boolean NOT NULL,
    missing jsonb NOT NULL,
    bytes integer NOT NULL,
    sha256 text NOT NULL,
    pages integer NOT NULL
);
CREATE INDEX report_by_project ON reports.report (project_id, created_at);

CREATE TABLE reports.chunk (
    report_id uuid REFERENCES reports.report ON DELETE CASCADE,
    number integer,
    data bytea NOT NULL,
    PRIMARY KEY (report_id, number)
);
ALTER TABLE reports.chunk ALTER COLUMN data SET STORAGE EXTERNAL;
