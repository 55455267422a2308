-- Reports that are to be made. A project that is deleted meanwhile is found out when its report is made.
CREATE TABLE reports.request (
    command_id uuid,
    principal text,
    trace text,
    letter jsonb,
    requested_at timestamptz NOT NULL,
    report_id uuid NOT NULL,
    project_id uuid NOT NULL,
    language text,
    refusal_language text NOT NULL,
    show_user_names boolean NOT NULL,
    PRIMARY KEY (command_id, principal)
);
CREATE INDEX request_by_principal ON reports.request (principal, requested_at);

-- The reports of many projects in one file: a row for the batch, one for each project that it has.
CREATE TABLE reports.batch (
    report_id uuid PRIMARY KEY,
    command_id uuid NOT NULL,
    principal text NOT NULL,
    trace text,
    letter jsonb,
    created_at timestamptz NOT NULL,
    form text NOT NULL,
    language text NOT NULL,
    refusal_language text NOT NULL,
    show_user_names boolean NOT NULL,
    project_ids uuid[] NOT NULL,
    left_out jsonb NOT NULL,
    total integer NOT NULL,
    state text NOT NULL,
    finished_at timestamptz,
    included integer,
    bytes bigint,
    sha256 text,
    pages integer,
    conformance text
);
CREATE INDEX batch_by_principal ON reports.batch (principal, created_at);
CREATE INDEX batch_unfinished ON reports.batch (created_at) WHERE finished_at IS NULL;
CREATE INDEX batch_by_command ON reports.batch (command_id);

CREATE TABLE reports.batch_part (
    report_id uuid REFERENCES reports.batch ON DELETE CASCADE,
    place integer,
    project_id uuid NOT NULL REFERENCES projects.project ON DELETE CASCADE,
    state text NOT NULL,
    facts jsonb,
    pdf bytea,
    PRIMARY KEY (report_id, place)
);
ALTER TABLE reports.batch_part ALTER COLUMN pdf SET STORAGE EXTERNAL;
CREATE INDEX batch_part_by_project ON reports.batch_part (project_id);
CREATE INDEX batch_part_waiting ON reports.batch_part (report_id, place) WHERE state = 'waiting';

CREATE TABLE reports.batch_chunk (
    report_id uuid REFERENCES reports.batch ON DELETE CASCADE,
    number integer,
    data bytea NOT NULL,
    PRIMARY KEY (report_id, number)
);
ALTER TABLE reports.batch_chunk ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE reports.batch_download (
    report_id uuid REFERENCES reports.batch ON DELETE CASCADE,
    principal text,
    began_at timestamptz NOT NULL,
    has_first boolean NOT NULL,
    PRIMARY KEY (report_id, principal)
);

-- A file with the report of a deleted project dies in the transaction that deletes the project.
CREATE FUNCTION reports.erase_batches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM reports.batch_chunk c USING (SELECT DISTINCT report_id FROM deleted) d WHERE c.report_id = d.report_id;
    UPDATE reports.batch b SET state = 'erased' FROM (SELECT DISTINCT report_id FROM deleted) d
    WHERE b.report_id = d.report_id AND b.state = 'made';
    RETURN NULL;
END $$;
CREATE TRIGGER batch_part_deleted AFTER DELETE ON reports.batch_part
    REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION reports.erase_batches();

-- How far a command is that was taken and has no outcome yet.
CREATE VIEW published.pending_commands AS
SELECT principal, command_id, total,
    total - (SELECT count(*) FROM reports.batch_part p WHERE p.report_id = b.report_id AND state = 'waiting')::integer AS done
FROM reports.batch b WHERE finished_at IS NULL
UNION ALL
SELECT principal, command_id, 1, 0 FROM reports.request;
