-- Packages say to whom they go and why, where the site wants it; and they hold what was done with their project.
ALTER TABLE administration.settings ADD COLUMN export_details_required boolean NOT NULL DEFAULT false;
CREATE OR REPLACE VIEW published.settings AS
    SELECT retention_days, report_title, timezone, language, log_archive_bytes, child_sites, report_confidentiality,
        report_signatories, export_details_required
    FROM administration.settings;

CREATE VIEW published.activity AS
    SELECT event_id, at, actor, activity, project_id, revision, details FROM audit.activity;
