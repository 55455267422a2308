-- The history as one row for each command that changed a project: a row for each field cost an update as much as its
-- other writes together. The first place of a creation is 0, of any other change set 1.
CREATE TABLE projects.change_set (
    project_id uuid NOT NULL,
    revision integer NOT NULL,
    first_place smallint NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    fields text[] NOT NULL,
    changes jsonb NOT NULL,
    old_status_id integer,
    new_status_id integer,
    PRIMARY KEY (project_id, revision)
);

-- Who needs only the names of the changed fields does not read the changes, which may be long.
-- A side that a change does not have is left out, as it is where a command writes it.
INSERT INTO projects.change_set
SELECT project_id, revision, min(place), min(at), min(by), array_agg(DISTINCT field ORDER BY field),
    jsonb_agg(jsonb_build_object('field', field)
        || CASE WHEN part_id IS NULL THEN '{}' ELSE jsonb_build_object('part_id', part_id) END
        || CASE WHEN old IS NULL THEN '{}' ELSE jsonb_build_object('old', old) END
        || CASE WHEN new IS NULL THEN '{}' ELSE jsonb_build_object('new', new) END ORDER BY place),
    min((nullif(old, 'null') #>> '{}')::integer) FILTER (WHERE field = 'status_id'),
    min((nullif(new, 'null') #>> '{}')::integer) FILTER (WHERE field = 'status_id')
FROM projects.history GROUP BY project_id, revision;
DROP TABLE projects.history;

-- Statistics look up when a project was closed that went from a closing status to another one.
CREATE INDEX change_set_of_status ON projects.change_set (project_id) INCLUDE (at, old_status_id, new_status_id)
    WHERE new_status_id IS NOT NULL;

-- The changes, a row for each field or part. A condition on `fields` is judged before the changes are read.
CREATE VIEW projects.history AS
SELECT s.project_id, s.revision, (s.first_place + c.number - 1)::smallint AS place, s.at, s.by, s.fields,
    c.change ->> 'field' AS field, (c.change ->> 'part_id')::uuid AS part_id,
    c.change -> 'old' AS old, c.change -> 'new' AS new
FROM projects.change_set s CROSS JOIN LATERAL jsonb_array_elements(s.changes) WITH ORDINALITY AS c(change, number);

CREATE OR REPLACE FUNCTION projects.delete_derived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM projects.search s USING deleted d WHERE s.project_id = d.id;
    DELETE FROM projects.change_set c USING deleted d WHERE c.project_id = d.id;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION projects.truncate_derived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE projects.search, projects.change_set;
    RETURN NULL;
END $$;

-- What each field of a project that has a value was called when that value was set: `label` is the name of a category
-- or a data field, `value` that of a type, a status or a category's value. What has another name today has it beside.
CREATE OR REPLACE FUNCTION published.project_labels(project uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    WITH set AS MATERIALIZED (
        SELECT DISTINCT ON (field) field, at FROM projects.change_set, unnest(fields) AS field
        WHERE project_id = project ORDER BY field, revision DESC
    ), filled AS MATERIALIZED (
        SELECT f.*, coalesce((SELECT at FROM set WHERE set.field = f.field),
                             (SELECT at FROM set WHERE set.field = 'project'), p.created_at) AS set_at
        FROM projects.project p CROSS JOIN LATERAL (VALUES
            ('type_id', p.type_id::text, NULL, 'type'),
            ('status_id', p.status_id::text, NULL, 'status'),
            ('category_1', p.category_1::text, 'category', 'category-value'),
            ('category_2', p.category_2::text, 'category', 'category-value'),
            ('category_3', p.category_3::text, 'category', 'category-value'),
            ('category_4', p.category_4::text, 'category', 'category-value'),
            ('category_5', p.category_5::text, 'category', 'category-value'),
            ('integer_1', p.integer_1::text, 'data-field', NULL),
            ('integer_2', p.integer_2::text, 'data-field', NULL),
            ('integer_3', p.integer_3::text, 'data-field', NULL),
            ('decimal_1', p.decimal_1::text, 'data-field', NULL),
            ('decimal_2', p.decimal_2::text, 'data-field', NULL),
            ('decimal_3', p.decimal_3::text, 'data-field', NULL),
            ('text_1', left(p.text_1, 1), 'data-field', NULL),
            ('text_2', left(p.text_2, 1), 'data-field', NULL),
            ('text_3', left(p.text_3, 1), 'data-field', NULL),
            ('checkbox_1', p.checkbox_1::text, 'data-field', NULL),
            ('checkbox_2', p.checkbox_2::text, 'data-field', NULL),
            ('checkbox_3', p.checkbox_3::text, 'data-field', NULL),
            ('datetime_1', p.datetime_1::text, 'data-field', NULL),
            ('datetime_2', p.datetime_2::text, 'data-field', NULL),
            ('datetime_3', p.datetime_3::text, 'data-field', NULL)
        ) f(field, id, of_label, of_value)
        WHERE p.id = project AND f.id IS NOT NULL
    ), named AS (
        SELECT field, set_at, label.then AS label, label.now AS label_now, value.then AS value, value.now AS value_now
        FROM filled
        LEFT JOIN LATERAL (
            SELECT coalesce((array_agg(coalesce(new, old) ->> 'name' ORDER BY number DESC) FILTER (WHERE at <= set_at))[1],
                            (array_agg(coalesce(old, new) ->> 'name' ORDER BY number))[1]) AS then,
                   (array_agg(coalesce(new, old) ->> 'name' ORDER BY number DESC))[1] AS now
            FROM administration.definition_change WHERE kind = of_label AND key = field
        ) label ON of_label IS NOT NULL
        LEFT JOIN LATERAL (
            SELECT coalesce((array_agg(coalesce(new, old) ->> 'name' ORDER BY number DESC) FILTER (WHERE at <= set_at))[1],
                            (array_agg(coalesce(old, new) ->> 'name' ORDER BY number))[1]) AS then,
                   (array_agg(coalesce(new, old) ->> 'name' ORDER BY number DESC))[1] AS now
            FROM administration.definition_change WHERE kind = of_value AND key = id
        ) value ON of_value IS NOT NULL
    )
    SELECT coalesce(jsonb_object_agg(field, jsonb_build_object(
        'set_at', set_at, 'label', label, 'label_now', nullif(label_now, label),
        'value', value, 'value_now', nullif(value_now, value))), '{}')
    FROM named
$$;
