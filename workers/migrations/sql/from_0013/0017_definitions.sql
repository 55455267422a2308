-- What every definition and setting was and is, who changed it and when: written with the change, never rewritten.
-- `key` is the id of a type, a status or a value; the field that a category or a data field is in a project; the id of a
-- role; the name of a setting. A name that was there before this table counts for all that was set until it changed.
CREATE TABLE administration.definition_change (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    key text NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    old jsonb,
    new jsonb
);
CREATE INDEX definition_change_by_key ON administration.definition_change (kind, key, number);

INSERT INTO administration.definition_change (kind, key, at, by, new)
    SELECT kind, id::text, now(), 'system', jsonb_build_object('name', name, 'description', description)
    FROM administration.property ORDER BY id;
INSERT INTO administration.definition_change (kind, key, at, by, new)
    SELECT 'category', 'category_' || slot, now(), 'system',
           jsonb_build_object('name', name, 'description', description, 'enabled', enabled)
    FROM administration.category ORDER BY slot;
INSERT INTO administration.definition_change (kind, key, at, by, new)
    SELECT 'data-field', kind || '_' || slot, now(), 'system',
           jsonb_build_object('name', name, 'description', description, 'enabled', enabled)
    FROM administration.data_field ORDER BY id;
INSERT INTO administration.definition_change (kind, key, at, by, new)
    SELECT 'role', role_id, now(), 'system', jsonb_build_object('name', name, 'permissions', permissions)
    FROM administration.role ORDER BY role_id;
INSERT INTO administration.definition_change (kind, key, at, by, new)
    SELECT 'setting', name, now(), 'system', jsonb_build_object('value', value)
    FROM administration.settings s, jsonb_each(to_jsonb(s) - 'one') AS set(name, value) ORDER BY name;

-- The name that a definition had at a time; before its first known change it had the first known name.
CREATE FUNCTION published.name_at(of_kind text, of_key text, moment timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT coalesce(new, old) ->> 'name' FROM administration.definition_change
         WHERE kind = of_kind AND key = of_key AND at <= moment ORDER BY number DESC LIMIT 1),
        (SELECT coalesce(old, new) ->> 'name' FROM administration.definition_change
         WHERE kind = of_kind AND key = of_key ORDER BY number LIMIT 1))
$$;

-- The names, at a time, of the properties whose ids stand in an entry of a project's history, by these ids.
CREATE FUNCTION published.names_at(field text, old jsonb, new jsonb, moment timestamptz) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_object_agg(key, published.name_at(kind, key, moment)), '{}') FROM (
        SELECT 'type' AS kind, unnest(CASE field WHEN 'type_id' THEN ARRAY[old #>> '{}', new #>> '{}']
                                                 WHEN 'project' THEN ARRAY[new ->> 'type_id'] END) AS key
        UNION
        SELECT 'status', unnest(CASE field WHEN 'status_id' THEN ARRAY[old #>> '{}', new #>> '{}']
                                           WHEN 'project' THEN ARRAY[new ->> 'status_id'] END)
        UNION
        SELECT 'category-value', unnest(CASE WHEN field LIKE 'category\_%' THEN ARRAY[old #>> '{}', new #>> '{}'] END)
    ) named WHERE key IS NOT NULL
$$;

-- What each field of a project that has a value was called when that value was set: `label` is the name of a category
-- or a data field, `value` that of a type, a status or a category's value. What has another name today has it beside.
CREATE FUNCTION published.project_labels(project uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    WITH set AS MATERIALIZED (
        SELECT DISTINCT ON (field) field, at FROM projects.history
        WHERE project_id = project AND part_id IS NULL ORDER BY field, revision DESC, place DESC
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
