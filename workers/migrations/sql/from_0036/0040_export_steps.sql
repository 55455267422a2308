-- Exports that were taken and are being made, and the projects of each. The password of a package waits sealed.
CREATE TABLE projects.export (
    package_id uuid PRIMARY KEY,
    command_id uuid NOT NULL,
    principal text NOT NULL,
    trace text,
    letter jsonb,
    taken_at timestamptz NOT NULL,
    command_key text NOT NULL,
    refusal_language text NOT NULL,
    language text NOT NULL,
    project_ids uuid[] NOT NULL,
    has_folders boolean NOT NULL,
    expected_revision integer,
    includes jsonb NOT NULL,
    withheld jsonb NOT NULL,
    recipient text,
    reference text,
    legal_basis text,
    sealed_password bytea
);
CREATE INDEX export_by_command ON projects.export (command_id);
CREATE INDEX export_by_principal ON projects.export (principal);

-- While `report_id` is set, the part waits for this report.
CREATE TABLE projects.export_part (
    package_id uuid REFERENCES projects.export ON DELETE CASCADE,
    place integer,
    project_id uuid NOT NULL REFERENCES projects.project ON DELETE CASCADE,
    state text NOT NULL,
    report_id uuid,
    rounds smallint NOT NULL,
    facts jsonb,
    PRIMARY KEY (package_id, place)
);
CREATE INDEX export_part_by_project ON projects.export_part (project_id);
CREATE INDEX export_part_by_report ON projects.export_part (report_id) WHERE report_id IS NOT NULL;

CREATE TABLE projects.export_file (
    package_id uuid,
    place integer,
    name text,
    number smallint NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (package_id, place, name),
    FOREIGN KEY (package_id, place) REFERENCES projects.export_part ON DELETE CASCADE
);

-- A package has several projects, and dies in the transaction that deletes one of them.
CREATE TABLE projects.package_project (
    package_id uuid REFERENCES projects.package ON DELETE CASCADE,
    project_id uuid REFERENCES projects.project ON DELETE CASCADE,
    PRIMARY KEY (package_id, project_id)
);
CREATE INDEX package_project_by_project ON projects.package_project (project_id);
INSERT INTO projects.package_project SELECT package_id, project_id FROM projects.package;
CREATE FUNCTION projects.erase_packages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM projects.package p USING (SELECT DISTINCT package_id FROM deleted) d WHERE p.package_id = d.package_id;
    RETURN NULL;
END $$;
CREATE TRIGGER package_project_deleted AFTER DELETE ON projects.package_project
    REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION projects.erase_packages();
CREATE OR REPLACE VIEW published.exports AS
    SELECT package_id, pp.project_id, created_at, created_by
    FROM projects.package JOIN projects.package_project pp USING (package_id);
ALTER TABLE projects.package DROP COLUMN project_id;

-- The permissions that the reports in a package need beyond the contents that it names.
ALTER TABLE projects.package ADD COLUMN report_nodes jsonb NOT NULL DEFAULT '[]';

-- The reports that packages want, and those that were made for them.
CREATE TABLE reports.package_report (
    report_id uuid PRIMARY KEY,
    project_id uuid NOT NULL REFERENCES projects.project ON DELETE CASCADE,
    state text NOT NULL,
    revision integer,
    nodes jsonb NOT NULL,
    pdf bytea
);
ALTER TABLE reports.package_report ALTER COLUMN pdf SET STORAGE EXTERNAL;
CREATE INDEX package_report_by_project ON reports.package_report (project_id);

CREATE VIEW published.requested_package_reports AS
SELECT p.report_id, p.package_id, p.place, p.project_id, e.principal, e.taken_at AS requested_at, e.language,
    e.includes ? 'user-names' AS show_user_names, e.recipient, e.reference, e.legal_basis
FROM projects.export_part p JOIN projects.export e USING (package_id)
WHERE p.report_id IS NOT NULL;

CREATE VIEW published.package_reports AS
SELECT report_id, state, revision, nodes, pdf FROM reports.package_report;

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
FROM projects.export e;
