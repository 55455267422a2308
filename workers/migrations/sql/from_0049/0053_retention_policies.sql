-- Retention times of their own for a type, a status or a value of a category; without one, that of the settings counts.
CREATE TABLE retention.policy (
    policy_id text PRIMARY KEY,
    property_id integer NOT NULL,
    days integer NOT NULL,
    years integer NOT NULL,
    exempt boolean NOT NULL,
    counted_from text NOT NULL,
    set_by text NOT NULL,
    set_at timestamptz NOT NULL
);

CREATE VIEW published.retention_policies AS
    SELECT policy_id, property_id, days, years, exempt, counted_from FROM retention.policy;

-- What decides in force: one row.
CREATE VIEW published.retention_rules AS
    SELECT (SELECT array_agg(y) FROM published.retention_policies y) AS policies, retention_days, timezone
    FROM published.settings;

-- When each project expires under these policies: the longest that applies, else the retention time of the site.
CREATE FUNCTION published.expiries(policies published.retention_policies[], retention_days integer, zone text)
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
    FROM projects.project p LEFT JOIN published.closing_statuses c ON c.id = p.status_id
$$;

-- The projects that a sweep would delete now. None was created at `scan_before` or later: so much is read.
CREATE FUNCTION published.due_projects(policies published.retention_policies[], retention_days integer, zone text,
                                       scan_before timestamptz)
RETURNS TABLE (project_id uuid, number bigint, created_at timestamptz, type_id integer, expires_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT e.project_id, e.number, e.created_at, e.type_id, e.expires_at
    FROM published.expiries(policies, retention_days, zone) e
    WHERE e.created_at < scan_before AND e.expires_at < now() AND NOT e.retention_exempt
        AND NOT EXISTS (SELECT FROM published.holds h WHERE h.project_id = e.project_id)
$$;
