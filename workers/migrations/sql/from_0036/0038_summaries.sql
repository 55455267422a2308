-- Summaries: the figures of all projects over a period, as a PDF. A row is what was asked for, and what was made.
CREATE TABLE reports.summary (
    report_id uuid PRIMARY KEY,
    command_id uuid NOT NULL,
    principal text NOT NULL,
    trace text,
    letter jsonb,
    created_at timestamptz NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    compare text NOT NULL,
    place text,
    timezone text NOT NULL,
    language text NOT NULL,
    title text NOT NULL,
    refusal_language text NOT NULL,
    show_user_names boolean NOT NULL,
    state text NOT NULL,
    finished_at timestamptz,
    created integer,
    complete boolean,
    missing jsonb NOT NULL,
    bytes integer,
    sha256 text,
    pages integer
);
CREATE INDEX summary_by_principal ON reports.summary (principal, created_at);
CREATE INDEX summary_by_command ON reports.summary (command_id);
CREATE INDEX summary_unfinished ON reports.summary (created_at) WHERE finished_at IS NULL;

CREATE TABLE reports.summary_chunk (
    report_id uuid REFERENCES reports.summary ON DELETE CASCADE,
    number integer,
    data bytea NOT NULL,
    PRIMARY KEY (report_id, number)
);
ALTER TABLE reports.summary_chunk ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE reports.summary_download (
    report_id uuid REFERENCES reports.summary ON DELETE CASCADE,
    principal text,
    began_at timestamptz NOT NULL,
    has_first boolean NOT NULL,
    PRIMARY KEY (report_id, principal)
);

CREATE OR REPLACE VIEW published.pending_commands AS
SELECT principal, command_id, total,
    total - (SELECT count(*) FROM reports.batch_part p WHERE p.report_id = b.report_id AND state = 'waiting')::integer AS done
FROM reports.batch b WHERE finished_at IS NULL
UNION ALL
SELECT principal, command_id, 1, 0 FROM reports.request
UNION ALL
SELECT principal, command_id, 1, 0 FROM projects.sweep_step
UNION ALL
SELECT principal, command_id, 1, 0 FROM reports.summary WHERE finished_at IS NULL;

-- What figures need of the projects that were created before a moment, with the status that they had then. A project is
-- closed since its last change from a status that does not close to one that does; one that came in closed has no time.
CREATE FUNCTION published.project_states(moment timestamptz)
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
    FROM projects.project p
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

-- The cameras of each project, by the last name that a recording gave them.
CREATE VIEW published.project_cameras AS
    SELECT DISTINCT ON (project_id, camera_id) project_id, camera_id, camera_name
    FROM projects.sequence ORDER BY project_id, camera_id, added_at DESC;
