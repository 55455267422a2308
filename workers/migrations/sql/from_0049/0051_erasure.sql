-- What people wrote must leave the database with its project. ANALYZE copies common values into pg_statistic, where they
-- stay after their rows, so it must not look at columns with people's words.
DO $$
DECLARE
    words record;
    version int := current_setting('server_version_num')::int;
BEGIN
    FOR words IN
        SELECT relation, unnest(string_to_array(columns, ' ')) AS attribute FROM (VALUES
            ('projects.project', 'description text_1 text_2 text_3 reference created_by'),
            ('projects.comment', 'text'),
            ('projects.call', 'party number reference notes'),
            ('projects.sequence', 'camera_id camera_name'),
            ('projects.camera', 'camera_id'),
            ('projects.change_set', 'changes'),
            ('projects.search', 'words described'),
            ('projects.draft', 'camera_id camera_name'),
            ('projects.package_chunk', 'data'),
            ('projects.export', 'letter recipient reference legal_basis sealed_password'),
            ('projects.export_part', 'facts media'),
            ('projects.export_file', 'name data'),
            ('projects.sweep_step', 'letter'),
            ('reports.report', 'recipient reference legal_basis'),
            ('reports.chunk', 'data'),
            ('reports.request', 'letter recipient reference legal_basis'),
            ('reports.batch', 'letter filter search recipient reference legal_basis'),
            ('reports.batch_part', 'facts pdf'),
            ('reports.batch_chunk', 'data'),
            ('reports.package_report', 'pdf'),
            ('reports.summary', 'letter title'),
            ('reports.summary_chunk', 'data'),
            ('retention.hold', 'reason release_reason'),
            ('runtime.inbox', 'outcome'),
            ('runtime.outbox', 'messages'),
            ('audit.activity', 'details'),
            ('audit.undelivered', 'entries')
        ) AS listed(relation, columns)
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 0', words.relation, words.attribute);
    END LOOP;
    ALTER INDEX projects.project_by_reference ALTER COLUMN 1 SET STATISTICS 0;
    -- The target does not remove what an earlier ANALYZE has stored.
    IF version >= 180000 THEN
        PERFORM pg_clear_attribute_stats(relnamespace::regnamespace::text, relname, attname, is_inherited)
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid, unnest(ARRAY[true, false]) AS is_inherited
        WHERE attstattarget = 0 AND relkind IN ('r', 'p', 'i') AND NOT attisdropped
          AND (relkind = 'p' OR NOT is_inherited);
    ELSIF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        DELETE FROM pg_statistic s USING pg_attribute a
        WHERE s.starelid = a.attrelid AND s.staattnum = a.attnum AND a.attstattarget = 0;
    END IF;
END $$;

-- A new partition has none of the targets of its table.
CREATE FUNCTION runtime.spread_statistics_targets() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part record;
BEGIN
    FOR part IN
        SELECT i.inhrelid::regclass AS relation, own.attname FROM pg_inherits i
        JOIN pg_attribute above ON above.attrelid = i.inhparent AND above.attstattarget = 0
        JOIN pg_attribute own ON own.attrelid = i.inhrelid AND own.attname = above.attname
            AND own.attstattarget IS DISTINCT FROM 0
        JOIN pg_class c ON c.oid = i.inhrelid AND c.relkind = 'r'
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 0', part.relation, part.attname);
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION runtime.maintain_partitions(parent regclass, keep_months int, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF session_user <> current_user AND NOT coalesce(
        parent = 'audit.activity'::regclass AND keep_months IS NULL
        OR parent = 'runtime.inbox'::regclass AND keep_months >= 2, false)
       OR session_user <> current_user AND NOT coalesce(
        at BETWEEN now() - interval '1 hour' AND now() + interval '1 hour', false)
    THEN
        RAISE insufficient_privilege USING MESSAGE = 'only what housekeeping asks for';
    END IF;
    PERFORM runtime.maintain_any_partitions(parent, keep_months, at);
    PERFORM runtime.spread_statistics_targets();
END $$;

-- By default fifty rows must be dead before they are removed: too many for a small site. The clean-up after deletions
-- removes them sooner; this is for a site whose worker of retention does not run.
DO $$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN
        SELECT DISTINCT a.attrelid FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE a.attstattarget = 0 AND c.relkind = 'r' AND NOT c.relispartition
    LOOP
        EXECUTE format('ALTER TABLE %s SET (autovacuum_vacuum_threshold = 5, autovacuum_vacuum_scale_factor = 0.05)',
                       relation);
    END LOOP;
END $$;

-- When the last complete clean-up after deletions began: what was deleted before is nowhere in the database's files.
CREATE TABLE retention.last_erasure (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    began_at timestamptz NOT NULL
);
