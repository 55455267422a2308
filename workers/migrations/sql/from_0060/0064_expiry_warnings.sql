-- A warning some days before a project expires, once for each time at which it does: what was announced is kept until then.
ALTER TABLE administration.settings ADD COLUMN expiry_warning_days integer NOT NULL DEFAULT 7;
CREATE OR REPLACE VIEW published.settings AS
    SELECT retention_days, report_title, timezone, language, log_archive_bytes, child_sites, report_confidentiality,
        report_signatories, export_details_required, activity_days, log_days, deletion_reason_required,
        two_person_release, undo_days, expiry_warning_days
    FROM administration.settings;

CREATE TABLE retention.expiry_warning (
    project_id uuid PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX expiry_warning_by_expiry ON retention.expiry_warning (expires_at);

-- Since when a project has expired that was not deleted by the last count of a sweep: one row.
CREATE TABLE retention.overdue (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    since timestamptz
);

-- What a certificate could not say when it was issued: when the bytes were overwritten.
CREATE TABLE retention.certificate_supplement (
    number bigint PRIMARY KEY REFERENCES retention.certificate,
    overwritten_at timestamptz NOT NULL,
    issued_at timestamptz NOT NULL,
    content bytea NOT NULL,
    signature bytea NOT NULL,
    key bytea NOT NULL
);
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON retention.certificate_supplement
    EXECUTE FUNCTION audit.refuse_change();
