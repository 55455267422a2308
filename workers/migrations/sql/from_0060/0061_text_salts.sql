-- The activity has a salted hash of each wording that a text got. With the salt it can be proven which text stood there.
-- The salt is beside the entry and dies with the project or with the redaction of the text.
CREATE TABLE audit.text_salt (
    event_id uuid,
    field text,
    project_id uuid NOT NULL,
    part_id uuid,
    revision integer NOT NULL,
    at timestamptz NOT NULL,
    salt bytea NOT NULL,
    PRIMARY KEY (event_id, field)
);
CREATE INDEX text_salt_by_project ON audit.text_salt (project_id);
ALTER TABLE audit.text_salt ALTER COLUMN salt SET STATISTICS 0;
ALTER TABLE audit.text_salt SET (autovacuum_vacuum_threshold = 5, autovacuum_vacuum_scale_factor = 0.05);

CREATE OR REPLACE FUNCTION audit.forget_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM audit.entry_values v USING deleted d WHERE v.project_id = d.project_id;
    DELETE FROM audit.text_salt s USING deleted d WHERE s.project_id = d.project_id;
    RETURN NULL;
END $$;

-- A redaction of earlier wordings leaves the salt of the present one.
CREATE FUNCTION audit.forget_redacted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM audit.text_salt s WHERE s.project_id = NEW.project_id AND s.part_id IS NOT DISTINCT FROM NEW.part_id
        AND (NEW.part_id IS NOT NULL OR s.field = NEW.field)
        AND NOT (NEW.earlier_only AND s.revision = (
            SELECT max(l.revision) FROM audit.text_salt l
            WHERE l.project_id = s.project_id AND l.part_id IS NOT DISTINCT FROM s.part_id AND l.field = s.field));
    RETURN NULL;
END $$;
CREATE TRIGGER forget_salts AFTER INSERT ON projects.redaction
    FOR EACH ROW EXECUTE FUNCTION audit.forget_redacted();

-- What each revision of a project made of its texts. Those of its creation are its present ones, or what the first
-- change of each of them has replaced. Redacted words are left out.
CREATE FUNCTION published.wordings(projects uuid[], revisions integer[])
RETURNS TABLE (project_id uuid, revision integer, field text, part_id uuid, wording text) LANGUAGE sql STABLE AS $$
    SELECT h.project_id, h.revision, t.field, h.part_id, t.wording
    FROM unnest(projects, revisions) AS asked(project_id, revision)
    JOIN projects.history h USING (project_id, revision)
    CROSS JOIN LATERAL (
        SELECT h.field, h.new #>> '{}' AS wording
        WHERE h.field IN ('description', 'reference', 'text_1', 'text_2', 'text_3', 'comment')
            AND jsonb_typeof(h.new) = 'string'
        UNION ALL
        SELECT key, value #>> '{}' FROM jsonb_each(CASE WHEN jsonb_typeof(h.new) = 'object' THEN h.new END)
        WHERE h.field = 'call' AND key IN ('party', 'number', 'reference', 'notes') AND jsonb_typeof(value) = 'string'
    ) AS t
    UNION ALL
    SELECT p.id, 1, t.field, NULL, t.wording
    FROM unnest(projects, revisions) AS asked(project_id, revision) JOIN projects.project p ON p.id = asked.project_id
    CROSS JOIN LATERAL (
        SELECT present.field, CASE WHEN first.revision IS NULL THEN present.wording
            WHEN jsonb_typeof(first.old) = 'string' THEN first.old #>> '{}' END AS wording
        FROM (VALUES ('description', p.description), ('reference', p.reference)) AS present(field, wording)
        LEFT JOIN LATERAL (
            SELECT h.revision, h.old FROM projects.history h
            WHERE h.project_id = p.id AND h.fields && ARRAY[present.field] AND h.field = present.field
            ORDER BY h.revision LIMIT 1
        ) AS first ON true
    ) AS t
    WHERE asked.revision = 1 AND t.wording <> ''
$$;

CREATE OR REPLACE FUNCTION audit.with_values(details jsonb, content jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT (details - 'values_hash' - 'text_hashes') || coalesce(content - 'changed', '{}') || CASE
        WHEN content ? 'changed' THEN jsonb_build_object('changed', details -> 'changed' || (content -> 'changed'))
        ELSE '{}'
    END
$$;
