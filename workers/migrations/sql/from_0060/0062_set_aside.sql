-- A project that is set aside keeps its rows, and only the owner of this table sees it: it was deleted and can still be
-- restored, or it is restricted. Everybody else reads the view. The indexes leave it out, so that a list costs the same.
ALTER TABLE administration.settings ADD COLUMN undo_days integer NOT NULL DEFAULT 0;
CREATE OR REPLACE VIEW published.settings AS
    SELECT retention_days, report_title, timezone, language, log_archive_bytes, child_sites, report_confidentiality,
        report_signatories, export_details_required, activity_days, log_days, deletion_reason_required,
        two_person_release, undo_days
    FROM administration.settings;

ALTER TABLE projects.project ADD COLUMN set_aside boolean NOT NULL DEFAULT false;
DROP INDEX projects.project_by_creation;
CREATE INDEX project_by_creation ON projects.project (created_at, id)
    WHERE NOT set_aside;
DROP INDEX projects.project_by_type;
CREATE INDEX project_by_type ON projects.project (type_id, created_at, id)
    WHERE NOT set_aside;
DROP INDEX projects.project_by_status;
CREATE INDEX project_by_status ON projects.project (status_id, created_at, id)
    WHERE NOT set_aside;
DROP INDEX projects.project_by_creator;
CREATE INDEX project_by_creator ON projects.project (created_by, created_at, id)
    WHERE NOT set_aside;
DROP INDEX projects.project_by_start;
CREATE INDEX project_by_start ON projects.project (start_time, created_at, id)
    WHERE NOT set_aside;
DROP INDEX projects.project_by_end;
CREATE INDEX project_by_end ON projects.project (end_time, created_at, id)
    WHERE NOT set_aside;
DROP INDEX projects.project_by_update;
CREATE INDEX project_by_update ON projects.project (updated_at, created_at, id)
    WHERE NOT set_aside;
DROP INDEX projects.project_by_category_1;
CREATE INDEX project_by_category_1 ON projects.project (category_1, created_at, id)
    WHERE NOT set_aside AND category_1 IS NOT NULL;
DROP INDEX projects.project_by_category_2;
CREATE INDEX project_by_category_2 ON projects.project (category_2, created_at, id)
    WHERE NOT set_aside AND category_2 IS NOT NULL;
DROP INDEX projects.project_by_category_3;
CREATE INDEX project_by_category_3 ON projects.project (category_3, created_at, id)
    WHERE NOT set_aside AND category_3 IS NOT NULL;
DROP INDEX projects.project_by_category_4;
CREATE INDEX project_by_category_4 ON projects.project (category_4, created_at, id)
    WHERE NOT set_aside AND category_4 IS NOT NULL;
DROP INDEX projects.project_by_category_5;
CREATE INDEX project_by_category_5 ON projects.project (category_5, created_at, id)
    WHERE NOT set_aside AND category_5 IS NOT NULL;
DROP INDEX projects.project_by_reference;
CREATE INDEX project_by_reference ON projects.project (lower(reference))
    WHERE NOT set_aside AND reference IS NOT NULL;
DROP INDEX projects.project_by_expiry;
CREATE INDEX project_by_expiry ON projects.project (created_at, id)
    WHERE NOT set_aside AND NOT retention_exempt;
DROP INDEX projects.project_by_start_week;
CREATE INDEX project_by_start_week ON projects.project (date_bin('7 days', start_time, '2000-01-03 00:00:00+00'), created_at, id, start_time)
    WHERE NOT set_aside AND start_time IS NOT NULL;

ALTER INDEX projects.project_by_reference ALTER COLUMN 1 SET STATISTICS 0;

CREATE VIEW projects.visible_project AS SELECT
    id, number, revision, type_id, status_id, description, start_time, end_time, category_1, category_2,
    category_3, category_4, category_5, integer_1, integer_2, integer_3, decimal_1, decimal_2, decimal_3, text_1,
    text_2, text_3, checkbox_1, checkbox_2, checkbox_3, datetime_1, datetime_2, datetime_3, created_by, created_at,
    updated_by, updated_at, imported, retention_exempt, status_since, status_before, reference
FROM projects.project WHERE NOT set_aside;

-- Who took a project away: it was deleted, and until `erase_after` it can be restored; or it is restricted.
ALTER TABLE projects.tombstone ADD COLUMN erase_after timestamptz, ADD COLUMN restricted boolean NOT NULL DEFAULT false,
    ADD COLUMN reason text;
ALTER TABLE projects.tombstone ALTER COLUMN reason SET STATISTICS 0;
CREATE INDEX tombstone_by_erasure ON projects.tombstone (erase_after) WHERE erase_after IS NOT NULL;
CREATE INDEX tombstone_of_restricted ON projects.tombstone (deleted_at) WHERE restricted;

-- The erasure journal names what is gone for good.
CREATE OR REPLACE FUNCTION projects.note_erasures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO runtime.erasure (kind, project_id, number, erased_at)
    SELECT CASE WHEN expired THEN 'expired' ELSE 'deleted' END, project_id, number, deleted_at FROM added
    WHERE erase_after IS NULL AND NOT restricted;
    RETURN NULL;
END $$;

-- A project is set aside with everything that belongs to it, and comes back with it. Packages and batches, which are
-- temporary copies, go; its reports are hidden. The revision that is returned is the next one.
CREATE FUNCTION projects.set_aside(ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE projects.project SET set_aside = true, revision = revision + 1 WHERE id = ANY(ids);
    DELETE FROM projects.package_project WHERE project_id = ANY(ids);
    DELETE FROM projects.export_part WHERE project_id = ANY(ids);
    DELETE FROM reports.batch_part WHERE project_id = ANY(ids);
    DELETE FROM reports.package_report WHERE project_id = ANY(ids);
END $$;
CREATE FUNCTION projects.bring_back(of_project uuid) RETURNS integer LANGUAGE sql AS $$
    UPDATE projects.project SET set_aside = false, revision = revision + 1 WHERE id = of_project RETURNING revision
$$;

-- What can no longer be restored is erased, and the erasure journal gets its entries.
CREATE FUNCTION projects.erase_set_aside(at_most integer) RETURNS TABLE (erased_number bigint, was_expired boolean)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY WITH due AS MATERIALIZED (
        SELECT project_id FROM projects.tombstone WHERE erase_after <= now()
        ORDER BY erase_after, project_id LIMIT at_most FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM projects.project p USING due WHERE p.id = due.project_id
    ), buried AS (
        UPDATE projects.tombstone t SET erase_after = NULL FROM due WHERE t.project_id = due.project_id
        RETURNING t.project_id, t.number, t.expired
    ), forgotten AS (
        DELETE FROM audit.entry_values v USING due WHERE v.project_id = due.project_id
    ), unsalted AS (
        DELETE FROM audit.text_salt s USING due WHERE s.project_id = due.project_id
    ), noted AS (
        INSERT INTO runtime.erasure (kind, project_id, number, erased_at)
        SELECT CASE WHEN expired THEN 'expired' ELSE 'deleted' END, project_id, number, now() FROM buried
        ORDER BY number
    )
    SELECT number, expired FROM buried ORDER BY number;
END $$;

-- What audit has beside its entries goes with the project, and not before.
CREATE OR REPLACE FUNCTION audit.forget_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM audit.entry_values v USING deleted d
    WHERE v.project_id = d.project_id AND d.erase_after IS NULL AND NOT d.restricted;
    DELETE FROM audit.text_salt s USING deleted d
    WHERE s.project_id = d.project_id AND d.erase_after IS NULL AND NOT d.restricted;
    RETURN NULL;
END $$;

CREATE OR REPLACE VIEW published.tombstones AS
    SELECT project_id, number, deleted_by, deleted_at, expired, restricted, erase_after FROM projects.tombstone;
CREATE VIEW published.erased_projects AS
    SELECT project_id FROM projects.tombstone WHERE erase_after IS NULL AND NOT restricted;
CREATE OR REPLACE VIEW published.projects AS
    SELECT id AS project_id, number, type_id, status_id, category_1, category_2, category_3, category_4, category_5,
        created_at, retention_exempt
    FROM projects.visible_project;
CREATE OR REPLACE VIEW published.project_documents AS
    SELECT id AS project_id, published.project_document(id, '{comments,calls,sequences}') AS document
    FROM projects.visible_project;

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
    FROM projects.visible_project p WHERE p.id = project
$$;

CREATE OR REPLACE FUNCTION published.expiries(policies published.retention_policies[], retention_days integer, zone text)
RETURNS TABLE (project_id uuid, number bigint, created_at timestamptz, type_id integer, retention_exempt boolean,
               expires_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT p.id, p.number, p.created_at, p.type_id, p.retention_exempt, coalesce(
        (
            SELECT max(CASE
                WHEN y.exempt OR (y.counted_from = 'closing' AND c.id IS NULL) THEN timestamptz 'infinity'
                ELSE (
                    CASE y.counted_from
                        WHEN 'closing' THEN coalesce(p.status_since, p.created_at) AT TIME ZONE zone
                        WHEN 'year-end' THEN date_trunc('year', p.created_at AT TIME ZONE zone) + interval '1 year'
                        ELSE p.created_at AT TIME ZONE zone
                    END + make_interval(years => y.years, days => y.days)
                ) AT TIME ZONE zone
            END)
            FROM unnest(policies) AS y
            WHERE y.property_id IN (p.type_id, p.status_id, p.category_1, p.category_2, p.category_3, p.category_4,
                                    p.category_5)
        ),
        p.created_at + retention_days * interval '24 hours'
    )
    FROM projects.visible_project p LEFT JOIN published.closing_statuses c ON c.id = p.status_id
$$;

CREATE OR REPLACE FUNCTION published.project_states(moment timestamptz)
RETURNS TABLE (project_id uuid, created_at timestamptz, type_id integer, status_id integer, category_1 integer,
    category_2 integer, category_3 integer, category_4 integer, category_5 integer, is_closed boolean,
    closed_at timestamptz) LANGUAGE sql STABLE AS $$
    SELECT p.id, p.created_at, p.type_id, past.status_id, p.category_1, p.category_2, p.category_3, p.category_4,
        p.category_5, past.is_closed,
        CASE WHEN NOT past.is_closed THEN NULL
            WHEN p.status_since < moment AND NOT coalesce(p.status_before = ANY (closing.ids), false) THEN p.status_since
            ELSE (
                SELECT max(c.at) FROM projects.change_set c
                WHERE c.project_id = p.id AND c.at < moment AND c.new_status_id = ANY (closing.ids)
                    AND (c.old_status_id IS NULL OR NOT c.old_status_id = ANY (closing.ids))
            )
        END
    FROM projects.visible_project p
    CROSS JOIN (SELECT coalesce(array_agg(id), '{}') AS ids FROM published.closing_statuses) closing
    CROSS JOIN LATERAL (
        SELECT CASE WHEN p.status_since >= moment THEN (
            SELECT c.old_status_id FROM projects.change_set c
            WHERE c.project_id = p.id AND c.at >= moment AND 'status_id' = ANY (c.fields)
            ORDER BY c.revision LIMIT 1
        ) ELSE p.status_id END AS status_id
    ) status
    CROSS JOIN LATERAL (
        SELECT status.status_id, coalesce(status.status_id = ANY (closing.ids), false) AS is_closed
    ) past
    WHERE p.created_at < moment
$$;
