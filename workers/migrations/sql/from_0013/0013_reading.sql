-- A project in the shape of `projects.get`, with no other sections than those that are asked for: what will not be told
-- is not read. What somebody wrote at length would otherwise be held by whoever reads, several times over.
CREATE FUNCTION published.project_document(project uuid, sections text[]) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'project_id', p.id, 'number', p.number, 'revision', p.revision,
        'type_id', p.type_id, 'status_id', p.status_id, 'description', p.description,
        'start_time', p.start_time, 'end_time', p.end_time,
        'created_by', p.created_by, 'created_at', p.created_at,
        'updated_by', p.updated_by, 'updated_at', p.updated_at,
        'imported', p.imported, 'retention_exempt', p.retention_exempt,
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
    ) || CASE WHEN 'comments' = ANY(sections) THEN jsonb_build_object('comments', coalesce((
            SELECT jsonb_agg(to_jsonb(c) - 'project_id' ORDER BY c.created_at, c.comment_id)
            FROM projects.comment c WHERE c.project_id = p.id), '[]')) ELSE '{}' END
    || CASE WHEN 'calls' = ANY(sections) THEN jsonb_build_object('calls', coalesce((
            SELECT jsonb_agg(to_jsonb(c) - 'project_id' ORDER BY c.at, c.call_id)
            FROM projects.call c WHERE c.project_id = p.id), '[]')) ELSE '{}' END
    || CASE WHEN 'sequences' = ANY(sections) THEN jsonb_build_object('sequences', coalesce((
            SELECT jsonb_agg(to_jsonb(s) - 'project_id' ORDER BY s."start", s.sequence_id)
            FROM projects.sequence s WHERE s.project_id = p.id), '[]')) ELSE '{}' END
    FROM projects.project p WHERE p.id = project
$$;

CREATE OR REPLACE VIEW published.project_documents AS
    SELECT id AS project_id, published.project_document(id, '{comments, calls, sequences}') AS document
    FROM projects.project;

-- How many bytes each section of a project takes at least, without reading what was written: the length of a long text
-- is known without fetching it.
CREATE FUNCTION published.project_bytes(project uuid, sections text[])
RETURNS TABLE (comments bigint, calls bigint, sequences bigint) LANGUAGE sql STABLE AS $$
    SELECT
        CASE WHEN 'comments' = ANY(sections) THEN (
            SELECT coalesce(sum(octet_length(text) + 150), 0) FROM projects.comment WHERE project_id = project) ELSE 0 END,
        CASE WHEN 'calls' = ANY(sections) THEN (
            SELECT coalesce(sum(octet_length(party) + octet_length(number) + octet_length(reference)
                + octet_length(notes) + 200), 0)
            FROM projects.call WHERE project_id = project) ELSE 0 END,
        CASE WHEN 'sequences' = ANY(sections) THEN (
            SELECT coalesce(sum(octet_length(camera_id) + octet_length(camera_name) + 200), 0)
            FROM projects.sequence WHERE project_id = project) ELSE 0 END
$$;

-- Who is fetching what: all parts that somebody fetches of one thing within an hour are one download, which is recorded
-- once, whichever part comes first and whichever process answers. It dies with what was downloaded.
CREATE TABLE reports.download (
    report_id uuid NOT NULL REFERENCES reports.report ON DELETE CASCADE,
    principal text NOT NULL,
    began_at timestamptz NOT NULL,
    has_first boolean NOT NULL,
    PRIMARY KEY (report_id, principal)
);
CREATE TABLE projects.package_download (
    package_id uuid NOT NULL REFERENCES projects.package ON DELETE CASCADE,
    principal text NOT NULL,
    began_at timestamptz NOT NULL,
    has_first boolean NOT NULL,
    PRIMARY KEY (package_id, principal)
);
