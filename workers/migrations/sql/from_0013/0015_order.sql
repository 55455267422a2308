-- What a project holds is told in the order in which it was accepted: by the revision that added it, and by its place
-- in what that revision changed. Times do not say it: those of calls and recordings are what people give them.
ALTER TABLE projects.comment
    ADD COLUMN revision integer NOT NULL DEFAULT 0, ADD COLUMN place smallint NOT NULL DEFAULT 0;
ALTER TABLE projects.call
    ADD COLUMN revision integer NOT NULL DEFAULT 0, ADD COLUMN place smallint NOT NULL DEFAULT 0;
ALTER TABLE projects.sequence
    ADD COLUMN revision integer NOT NULL DEFAULT 0, ADD COLUMN place smallint NOT NULL DEFAULT 0;

-- The sequences of a draft list have no revision: they are numbered as they come.
ALTER TABLE projects.draft ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY;

-- The parts of a project as `projects.get` tells them: comments in the order of their acceptance, calls and sequences
-- by their own times, and those of one time in the order of their acceptance.
CREATE FUNCTION published.comments_of(project uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(c) - '{project_id, revision, place}'::text[]
                              ORDER BY c.revision, c.place, c.created_at, c.comment_id), '[]')
    FROM projects.comment c WHERE c.project_id = project
$$;
CREATE FUNCTION published.calls_of(project uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(c) - '{project_id, revision, place}'::text[]
                              ORDER BY c.at, c.revision, c.place, c.created_at, c.call_id), '[]')
    FROM projects.call c WHERE c.project_id = project
$$;
CREATE FUNCTION published.sequences_of(project uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(s) - '{project_id, revision, place}'::text[]
                              ORDER BY s."start", s.revision, s.place, s.added_at, s.sequence_id), '[]')
    FROM projects.sequence s WHERE s.project_id = project
$$;

CREATE OR REPLACE FUNCTION published.project_document(project uuid, sections text[])
RETURNS jsonb LANGUAGE sql STABLE AS $$
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
    ) || CASE WHEN 'comments' = ANY(sections)
        THEN jsonb_build_object('comments', published.comments_of(p.id)) ELSE '{}' END
    || CASE WHEN 'calls' = ANY(sections)
        THEN jsonb_build_object('calls', published.calls_of(p.id)) ELSE '{}' END
    || CASE WHEN 'sequences' = ANY(sections)
        THEN jsonb_build_object('sequences', published.sequences_of(p.id)) ELSE '{}' END
    FROM projects.project p WHERE p.id = project
$$;
