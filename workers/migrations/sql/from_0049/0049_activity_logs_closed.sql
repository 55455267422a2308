-- After the entries of earlier versions are numbered: what is recorded is not changed any more, whoever asks.
ALTER TABLE audit.undelivered ALTER COLUMN first_index SET NOT NULL, ALTER COLUMN hashes SET NOT NULL;

CREATE VIEW audit.waiting AS
SELECT u.id, e.place, (e.entry ->> 'event_id')::uuid AS event_id, e.entry::jsonb AS entry
FROM audit.undelivered u
CROSS JOIN LATERAL json_array_elements(u.entries::json) WITH ORDINALITY AS e(entry, place)
WHERE NOT u.are_deletions
UNION ALL
SELECT u.id, d.place, d.event_id, jsonb_build_object('event_id', d.event_id, 'at', s.at, 'actor', s.actor,
    'activity', s.activity, 'project_id', d.project_id, 'command_id', s.command_id, 'revision', NULL,
    'details', jsonb_build_object('number', d.number, 'expired', true))
FROM audit.undelivered u
CROSS JOIN LATERAL json_to_recordset(u.entries::json) AS s(at timestamptz, actor text, activity text,
    command_id uuid, event_ids uuid[], project_ids uuid[], numbers bigint[])
CROSS JOIN LATERAL unnest(s.event_ids, s.project_ids, s.numbers)
    WITH ORDINALITY AS d(event_id, project_id, number, place)
WHERE u.are_deletions;

CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('incidents.moves_rows', true) = 'on' THEN
        RETURN OLD; -- from the partition of all other times into that of a new month
    END IF;
    RAISE EXCEPTION 'what % has recorded is never changed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON audit.activity
    FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.tile
    EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.checkpoint
    EXECUTE FUNCTION audit.refuse_change();

CREATE OR REPLACE FUNCTION runtime.make_partition(parent regclass, part text, first date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    past date := (first + interval '1 month')::date;
    key text;
    rest regclass;
BEGIN
    SELECT a.attname, p.partdefid::regclass INTO STRICT key, rest
    FROM pg_partitioned_table p JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
    WHERE p.partrelid = parent;
    EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL)', part, parent);
    PERFORM set_config('incidents.moves_rows', 'on', true);
    EXECUTE format('WITH moved AS (DELETE FROM %s WHERE %I >= %L AND %I < %L RETURNING *)'
                   ' INSERT INTO %s SELECT * FROM moved', rest, key, first, key, past, part);
    PERFORM set_config('incidents.moves_rows', 'off', true);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)', parent, part, first, past);
END $$;
