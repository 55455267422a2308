-- A hold may end by a date. A hold whose date has passed lapses when the next one is placed, so that the index still
-- keeps a second hold away.
ALTER TABLE retention.hold
    ADD COLUMN until timestamptz CHECK (until > held_at),
    ADD COLUMN reference text,
    ADD COLUMN lapsed boolean NOT NULL DEFAULT false CHECK (NOT lapsed OR released_at IS NULL AND until IS NOT NULL),
    ADD COLUMN release_requested_by text,
    ADD COLUMN release_requested_at timestamptz,
    ADD COLUMN release_request_reason text,
    ADD CHECK (num_nulls(release_requested_by, release_requested_at, release_request_reason) IN (0, 3));
ALTER TABLE retention.hold ALTER COLUMN reference SET STATISTICS 0, ALTER COLUMN release_request_reason SET STATISTICS 0;

DROP INDEX retention.hold_in_force, retention.hold_by_time;
CREATE UNIQUE INDEX hold_in_force ON retention.hold (project_id) WHERE released_at IS NULL AND NOT lapsed;
CREATE INDEX hold_by_time ON retention.hold (held_at, hold_id) WHERE released_at IS NULL AND NOT lapsed;

-- The holds in force at the time of the transaction. Nothing else decides that.
CREATE VIEW retention.current_hold AS
    SELECT * FROM retention.hold WHERE released_at IS NULL AND NOT lapsed AND (until IS NULL OR until > now());

CREATE OR REPLACE VIEW published.holds AS
    SELECT project_id, held_by, held_at, reason, until, reference FROM retention.current_hold;

-- When each hold was or is in force: from `held_at` to before `ended_at`, or without end.
CREATE VIEW published.hold_periods AS
    SELECT hold_id, project_id, held_at, least(released_at, until) AS ended_at FROM retention.hold;

ALTER TABLE administration.settings
    ADD COLUMN deletion_reason_required boolean NOT NULL DEFAULT false,
    ADD COLUMN two_person_release boolean NOT NULL DEFAULT false;
CREATE OR REPLACE VIEW published.settings AS
    SELECT retention_days, report_title, timezone, language, log_archive_bytes, child_sites, report_confidentiality,
        report_signatories, export_details_required, activity_days, log_days, deletion_reason_required,
        two_person_release
    FROM administration.settings;

-- Whoever managed retention could release any hold. Roles keep what they gave until somebody takes it away.
UPDATE administration.role SET permissions = '{"incident-projects/hold-release": "manage"}' || permissions
WHERE permissions ->> 'incident-projects/retention' = 'manage';
