-- What was redacted in a project, when, by whom and why; the words are nowhere.
CREATE TABLE projects.redaction (
    project_id uuid NOT NULL REFERENCES projects.project ON DELETE CASCADE,
    revision integer NOT NULL,
    field text NOT NULL,
    part_id uuid,
    earlier_only boolean NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (project_id, revision)
);
ALTER TABLE projects.redaction ALTER COLUMN reason SET STATISTICS 0;

-- Files that show the words go in the transaction that redacts them, as they do with their project; how many there were
-- is returned. What is being made of the project is made again. Its row is locked against everybody who makes a file.
CREATE FUNCTION projects.drop_files(project uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    dropped integer;
    also integer;
BEGIN
    PERFORM FROM projects.project p WHERE p.id = project FOR UPDATE;
    DELETE FROM reports.report WHERE project_id = project;
    GET DIAGNOSTICS dropped = ROW_COUNT;
    WITH gone AS (DELETE FROM projects.package_project WHERE project_id = project RETURNING 1)
    SELECT count(*) INTO also FROM gone;
    dropped := dropped + also;
    WITH gone AS (
        DELETE FROM reports.batch_part p USING reports.batch b
        WHERE p.project_id = project AND b.report_id = p.report_id
        RETURNING p.report_id, p.place, b.finished_at, b.state AS of_batch
    ), again AS (
        INSERT INTO reports.batch_part (report_id, place, project_id, state)
        SELECT report_id, place, project, 'waiting' FROM gone WHERE finished_at IS NULL
    )
    SELECT count(DISTINCT report_id) FILTER (WHERE of_batch = 'made') INTO also FROM gone;
    dropped := dropped + also;
    DELETE FROM reports.package_report WHERE project_id = project;
    WITH gone AS (
        DELETE FROM projects.export_part p USING projects.export e
        WHERE p.project_id = project AND e.package_id = p.package_id
        RETURNING p.package_id, p.place, p.rounds, e.finished_at, e.includes ? 'report' AS wants_report
    )
    INSERT INTO projects.export_part (package_id, place, project_id, state, report_id, rounds)
    SELECT package_id, place, project, 'waiting', CASE WHEN wants_report THEN gen_random_uuid() END, rounds
    FROM gone WHERE finished_at IS NULL;
    RETURN dropped;
END $$;

CREATE VIEW published.redactions AS SELECT project_id, field, part_id, at FROM projects.redaction;

-- The document of a project names its redactions.
CREATE FUNCTION published.redactions_of(project uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(r) - 'project_id' - 'reason' ORDER BY revision), '[]')
    FROM projects.redaction r WHERE project_id = project
$$;
CREATE OR REPLACE FUNCTION published.project_document(project uuid, sections text[]) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'project_id', p.id, 'number', p.number, 'revision', p.revision,
        'type_id', p.type_id, 'status_id', p.status_id, 'reference', p.reference, 'description', p.description,
        'start_time', p.start_time, 'end_time', p.end_time,
        'created_by', p.created_by, 'created_at', p.created_at,
        'updated_by', p.updated_by, 'updated_at', p.updated_at,
        'imported', p.imported, 'retention_exempt', p.retention_exempt,
        'redactions', published.redactions_of(p.id),
        'categories', jsonb_build_object('1', p.category_1, '2', p.category_2, '3', p.category_3, '4', p.category_4, '5', p.category_5),
        'data', jsonb_build_object(
            'integer_1', p.integer_1,
            'integer_2', p.integer_2,
            'integer_3', p.integer_3,
            'decimal_1', p.decimal_1::text,
            'decimal_2', p.decimal_2::text,
            'decimal_3', p.decimal_3::text,
            'text_1', p.text_1,
            'text_2', p.text_2,
            'text_3', p.text_3,
            'checkbox_1', p.checkbox_1,
            'checkbox_2', p.checkbox_2,
            'checkbox_3', p.checkbox_3,
            'datetime_1', p.datetime_1,
            'datetime_2', p.datetime_2,
            'datetime_3', p.datetime_3)
    ) || CASE WHEN 'comments' = ANY(sections)
        THEN jsonb_build_object('comments', published.comments_of(p.id)) ELSE '{}' END
    || CASE WHEN 'calls' = ANY(sections)
        THEN jsonb_build_object('calls', published.calls_of(p.id)) ELSE '{}' END
    || CASE WHEN 'sequences' = ANY(sections)
        THEN jsonb_build_object('sequences', published.sequences_of(p.id)) ELSE '{}' END
    FROM projects.project p WHERE p.id = project
$$;

-- A wording that was redacted is no earlier wording of a report; that a comment was deleted stays.
CREATE OR REPLACE FUNCTION published.comment_changes(project uuid, wordings_max bigint, bytes_max bigint)
RETURNS TABLE (comment_id uuid, at timestamptz, by text, is_deletion boolean, text text) LANGUAGE sql STABLE AS $$
    WITH change AS (
        SELECT h.part_id, h.at, h.by, h.revision, h.place, h.new IS NULL AS is_deletion, h.old #>> '{}' AS wording
        FROM projects.history h
        WHERE h.project_id = project AND h.fields && ARRAY['comment'] AND h.field = 'comment' AND h.old IS NOT NULL
            AND (h.new IS NULL OR jsonb_typeof(h.old) = 'string')
    ), counted AS (
        SELECT c.*, count(*) OVER newest AS wordings, sum(octet_length(c.wording)) OVER newest AS bytes
        FROM change c
        WHERE c.is_deletion
            OR EXISTS (SELECT FROM projects.comment t WHERE (t.project_id, t.comment_id) = (project, c.part_id))
        WINDOW newest AS (PARTITION BY c.is_deletion ORDER BY c.revision DESC, c.place DESC)
    )
    SELECT part_id, at, by, is_deletion,
        CASE WHEN NOT is_deletion AND wordings <= wordings_max AND bytes <= bytes_max THEN wording END
    FROM counted ORDER BY revision, place
$$;
